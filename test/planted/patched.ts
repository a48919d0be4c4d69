import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { repositoryRoot } from '../../tools/workspaces.mjs'
import type { Edit, PlantedBug } from './bug.js'
import type { CaseResult, Wanted } from './suites.js'

const run = promisify(execFile)
/** A bug may make a process run for ever. */
const processMs = 120_000

/** Runs cases of a world over the sources as they would be with the edits, in a process of its own. */
export async function resultsWith(
  edits: readonly Edit[],
  world: PlantedBug['world'],
  wanted: Wanted,
): Promise<readonly CaseResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-planted-'))
  try {
    const outfile = join(folder, 'suites.mjs')
    await bundle(edits, world, outfile)
    const { stdout } = await run(process.execPath, ['--expose-gc', outfile, JSON.stringify(wanted)], {
      cwd: folder,
      timeout: processMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    })
    return JSON.parse(stdout) as CaseResult[]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bundle(edits: readonly Edit[], world: string, outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: `import { suites } from './worlds/${world}.js'
        import { printResults } from './suites.js'
        await printResults(suites, JSON.parse(process.argv[2]))`,
      resolveDir: join(repositoryRoot, 'test/planted'),
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['millrace-source'],
    // Packages written as CommonJS ask for built-ins by require.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    plugins: [patching(edits), withoutCompiler],
    logLevel: 'silent',
  })
}

/** The command's compiler is a program of its own; no pipeline here is TypeScript. */
const withoutCompiler: Plugin = {
  name: 'without-compiler',
  setup(builder) {
    builder.onResolve({ filter: /^esbuild$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export const build = undefined' }))
  },
}

/** Serves edited files instead of those on disk. */
function patching(edits: readonly Edit[]): Plugin {
  return {
    name: 'planted',
    setup(builder) {
      for (const file of new Set(edits.map(edit => edit.file))) {
        const path = join(repositoryRoot, file)
        builder.onLoad({ filter: new RegExp(`^${path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`) }, async () => ({
          contents: edited(
            await readFile(path, 'utf8'),
            edits.filter(edit => edit.file === file),
          ),
          loader: 'ts',
        }))
      }
    },
  }
}

/** A text with edits made. Throws where it no longer says what an edit is about: the patch must follow the code. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((now, { file, find, replace }) => {
    const parts = now.split(find)
    if (parts.length === 2) return parts.join(replace)
    const times = parts.length === 1 ? 'no longer occurs' : `occurs ${parts.length - 1} times`
    throw new Error(`A planted bug is out of date: in ${file} this ${times}, and must occur once. Plant the bug anew:\n${find}`)
  }, text)
}
