import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Bench } from './measure.js'
import { median } from './numbers.js'
import { progress } from './progress.js'

/** What importing the core may take longer than nothing, in milliseconds. */
export const importAtMostMs = 8
/** What the import of the core may load, minified. */
export const coreAtMostBytes = 40_000

/** Of a whole process, in milliseconds. */
export interface ProcessCosts {
  readonly wallMs: number
  readonly cpuMs: number
}

/** What it costs to import the core. Times in milliseconds, whole processes, one for each round. */
export interface ColdResult {
  readonly bare: readonly ProcessCosts[]
  readonly core: readonly ProcessCosts[]
  readonly bundled: readonly ProcessCosts[]
  /** Medians over the rounds of what a process takes more than a bare one of its round. */
  readonly added: { readonly core: ProcessCosts; readonly bundled: ProcessCosts }
  readonly bundledBytes: number
}

/** A process that does nothing, one that imports the core as it is installed, one that imports it bundled and minified: in turns. */
export async function coldOf(bench: Bench, root: string, rounds: number): Promise<ColdResult> {
  const folder = join(bench.work, 'cold')
  mkdirSync(folder, { recursive: true })
  const core = join(root, 'packages/etl-core/dist/index.js')
  const bundle = await coreBundle(core, folder)
  const files = {
    bare: fileWith(folder, 'bare'),
    core: fileWith(folder, 'core', core),
    bundled: fileWith(folder, 'bundled', bundle.entry),
  }
  const bare: ProcessCosts[] = []
  const importing: ProcessCosts[] = []
  const bundled: ProcessCosts[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(costsOf(files.bare))
    importing.push(costsOf(files.core))
    bundled.push(costsOf(files.bundled))
  }
  const more = (costs: readonly ProcessCosts[], of: keyof ProcessCosts) =>
    median(costs.map((each, at) => each[of] - (bare[at] as ProcessCosts)[of]))
  const added = (costs: readonly ProcessCosts[]) => ({ wallMs: more(costs, 'wallMs'), cpuMs: more(costs, 'cpuMs') })
  progress(`importing the core adds ${more(importing, 'wallMs').toFixed(1)} ms`)
  return {
    bare,
    core: importing,
    bundled,
    added: { core: added(importing), bundled: added(bundled) },
    bundledBytes: bundle.bytes,
  }
}

/** The core with all it imports at once: what is loaded later is in files of its own, and not counted. */
async function coreBundle(core: string, folder: string): Promise<{ entry: string; bytes: number }> {
  const { metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(core)}`, resolveDir: folder },
    outdir: join(folder, 'bundle'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    metafile: true,
  })
  return { entry: join(folder, 'bundle/stdin.mjs'), bytes: bytesAtOnce(metafile.outputs, 'stdin.mjs') }
}

type Outputs = Readonly<
  Record<string, { readonly bytes: number; readonly imports: readonly { readonly path: string; readonly kind: string }[] }>
>

/** An output file and all that it imports statically, of a metafile of esbuild. */
export function filesAtOnce(outputs: Outputs, entry: string): readonly string[] {
  const seen = new Set<string>()
  const add = (path: string | undefined) => {
    const output = path === undefined ? undefined : outputs[path]
    if (!path || !output || seen.has(path)) return
    seen.add(path)
    for (const { path: next, kind } of output.imports) if (kind === 'import-statement') add(next)
  }
  add(Object.keys(outputs).find(path => path.endsWith(entry)))
  return [...seen]
}

/** The bytes of these. */
export const bytesAtOnce = (outputs: Outputs, entry: string): number =>
  filesAtOnce(outputs, entry).reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0)

/** A module that imports another, or nothing, and says what CPU time its process has taken by then. */
function fileWith(folder: string, name: string, imported?: string): string {
  const file = join(folder, `${name}.mjs`)
  const first = imported === undefined ? '' : `import ${JSON.stringify(pathToFileURL(imported).href)}\n`
  writeFileSync(
    file,
    `${first}const { user, system } = process.cpuUsage()\nprocess.stdout.write(String((user + system) / 1000))\n`,
  )
  return file
}

function costsOf(file: string): ProcessCosts {
  const began = performance.now()
  const { status, stdout } = spawnSync(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ended with exit code ${status}.`)
  return { wallMs: performance.now() - began, cpuMs: Number(stdout) }
}
