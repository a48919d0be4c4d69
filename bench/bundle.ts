import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Bench } from './measure.js'
import { median } from './numbers.js'
import { runEntry } from './processes.js'
import { progress } from './progress.js'
import { unzip } from './unzip.js'

/** As small as a function should be. */
export const zipAtMostBytes = 1_000_000
/** How much longer than the client of S3 alone the function may take to load. */
export const importAtMostTimes = 1.5
/** Imports are over in an instant and differ a lot. */
const roundsPerRun = 4
/** With fewer rounds chance decides. */
const judgedFromRounds = 12

/** World Bank to S3 as a bundle: its size, and its import beside that of the client of S3 alone. Times in milliseconds, one for each round. */
export interface BundleResult {
  readonly zippedBytes: number
  readonly codeBytes: number
  /** Of the handler's module: what a cold start waits for. */
  readonly importMs: readonly number[]
  /** The same and what the first use of a bucket loads. */
  readonly withClientMs: readonly number[]
  readonly peerMs: readonly number[]
  /** Medians over the rounds' ratios. */
  readonly timesPeer: { readonly import: number; readonly withClient: number }
}

/** Bundles both and imports them in turns, each in a process of its own. */
export async function bundleOf(bench: Bench, root: string, runs: number): Promise<BundleResult> {
  const folder = join(bench.work, 'bundles')
  mkdirSync(folder, { recursive: true })
  try {
    const ours = bundled(root, folder)
    const peer = await clientAlone(root, folder)
    const rounds: { ours: number; withClient: number; peer: number }[] = []
    for (let round = 0; round < runs * roundsPerRun; round++) {
      rounds.push({
        ours: await importMs(bench, [ours.handler]),
        peer: await importMs(bench, [peer]),
        withClient: await importMs(bench, [ours.handler, ours.client]),
      })
    }
    const times = (of: 'ours' | 'withClient') => median(rounds.map(round => round[of] / round.peer))
    progress(`bundle: ${(ours.zippedBytes / 1e6).toFixed(2)} MB`)
    return {
      zippedBytes: ours.zippedBytes,
      codeBytes: ours.codeBytes,
      importMs: rounds.map(round => round.ours),
      withClientMs: rounds.map(round => round.withClient),
      peerMs: rounds.map(round => round.peer),
      timesPeer: { import: times('ours'), withClient: times('withClient') },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the command makes, unpacked. */
function bundled(root: string, folder: string) {
  const zip = join(folder, 'worldbank.zip')
  const args = [join(root, 'adapters/cli/bin/millrace.js'), 'bundle', 'worldbank', '--connectors', 's3', '--out', zip, '--json']
  const { stdout, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`millrace bundle worldbank ended with exit code ${status}.`)
  const { zippedBytes, codeBytes } = JSON.parse(stdout) as { zippedBytes: number; codeBytes: number }
  const unpacked = join(folder, 'worldbank')
  mkdirSync(unpacked)
  const files = unzip(readFileSync(zip))
  for (const [name, bytes] of files) writeFileSync(join(unpacked, name), bytes)
  const client = [...files].find(([name, bytes]) => name.endsWith('.mjs') && bytes.includes('"S3Client"'))
  if (!client) throw new Error('The client of S3 is not found in the bundle.')
  return { zippedBytes, codeBytes, handler: join(unpacked, 'index.mjs'), client: join(unpacked, client[0]) }
}

/** What a function that puts an object itself would bundle, with the options of ours. */
async function clientAlone(root: string, folder: string): Promise<string> {
  await build({
    stdin: {
      contents: "export { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'",
      resolveDir: join(root, 'packages/s3'),
      sourcefile: 'client.js',
    },
    outdir: join(folder, 'client'),
    entryNames: 'index',
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  return join(folder, 'client/index.mjs')
}

async function importMs(bench: Bench, files: readonly string[]): Promise<number> {
  return Number(
    await runEntry(
      bench,
      'import-time',
      files.map(file => pathToFileURL(file).href),
    ),
  )
}

/** What is too large or too slow: one line each. */
export function bundleProblems(result: BundleResult | undefined): string[] {
  if (!result) return []
  const { zippedBytes, timesPeer, importMs } = result
  return [
    ...(zippedBytes > zipAtMostBytes ? [`The bundle of World Bank to S3 has ${zippedBytes} bytes, more than 1 MB.`] : []),
    ...(importMs.length >= judgedFromRounds && timesPeer.import > importAtMostTimes
      ? [
          `The bundle takes ${timesPeer.import.toFixed(2)} times as long to import as the client of S3 alone, more than ${importAtMostTimes}.`,
        ]
      : []),
  ]
}
