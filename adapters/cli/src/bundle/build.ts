import { realpathSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type BuildResult, build, type Message, type OutputFile } from 'esbuild'
import { compileError, isBuildFailure } from '../load/compile-error.js'
import type { FoundPipeline } from '../load/load-pipeline.js'
import { shownPath } from '../load/shown-path.js'
import type { ChosenConnectors } from './chosen-connectors.js'
import { entryPoint, handlerEntry } from './entry.js'
import type { BundledHandOn } from './hand-on.js'
import { lazyImports } from './lazy-imports.js'
import { leaveOut } from './leave-out.js'
import { type AddonNeed, type AddonUse, addonNeeds, nativeAddons } from './native-addons.js'
import { neighbourNotes } from './neighbours.js'
import { packageOfPart, powertoolsOf } from './powertools.js'
import { projectFolder } from './project.js'
import { filesOnlyOfOthers, portableMap } from './source-maps.js'
import { type PackageWeight, weights } from './weights.js'

/** A bundle's files and what is known about them. */
export interface Built {
  /** By name, in no folder: `index.mjs` has the handler, `*.mjs.map` are source maps. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly packages: readonly PackageWeight[]
  readonly addons: readonly AddonNeed[]
  /** Schemes of the connectors that stand-ins took the place of. */
  readonly leftOut: ReadonlySet<string>
  /** Packages of Powertools that the handler uses. */
  readonly powertools: readonly string[]
  /** What may be wrong with the pipeline's own files: one line each. */
  readonly warnings: readonly string[]
}

/** CommonJS parts expect these names, which ES modules do not have. The long ones keep clear of what the compiler makes up. */
const banner = [
  `import{createRequire as millraceRequire}from'node:module'`,
  `import{dirname as millraceFolder}from'node:path'`,
  `import{fileURLToPath as millracePath}from'node:url'`,
  `const require=millraceRequire(import.meta.url),__filename=millracePath(import.meta.url),__dirname=millraceFolder(__filename);`,
].join(';')

/**
 * Bundles a pipeline's file, its packages and a Lambda handler as ES modules. What is imported lazily lies in files of its own, so that a
 * function loads the client of a place only when it opens one. The handler is the file's own, where it exports one. Writes nothing. The same sources give the same bytes.
 *
 * @throws ConfigError `ETL_PIPELINE_COMPILE` with file and line, `ETL_BUNDLE_LAMBDA`.
 */
export async function buildBundle(
  found: FoundPipeline,
  connectors: ChosenConnectors,
  handOn: BundledHandOn | undefined,
  cwd: string,
): Promise<Built> {
  // As the compiler tells paths: a workspace lies in `node_modules` as a link.
  const file = realpathSync(found.file)
  const project = projectFolder(file)
  const leftOut = new Set<string>()
  const uses: AddonUse[] = []
  // A handler of its own has been given what it is to use.
  const powertools = found.hasHandler ? [] : powertoolsOf(file)
  const result = await compile(file, project, cwd, [
    nativeAddons(uses),
    lazyImports(project),
    leaveOut(connectors, file, project, leftOut),
    handlerEntry(file, { own: found.hasHandler, powertools, handOn }),
    filesOnlyOfOthers,
  ])
  const { metafile } = result
  const pathOf = (input: string) => resolve(project, input)
  const outputs = reachable(metafile)
  return {
    files: new Map(outputFiles(result.outputFiles, outputs, project)),
    packages: weights(metafile, outputs, pathOf),
    addons: addonNeeds(uses, metafile, outputs, pathOf),
    leftOut,
    powertools: powertools.map(packageOfPart),
    warnings: [
      ...ownWarnings(result.warnings, project, cwd),
      ...neighbourNotes(Object.keys(metafile.inputs).filter(isOwnSource).map(pathOf), cwd),
    ],
  }
}

/** Told from the project: neither a package's, nor linked from elsewhere, nor one of a plugin. */
const isOwnSource = (input: string): boolean => /\.[cm]?[jt]sx?$/.test(input) && !/^\.\.|node_modules\/|:/.test(input)

async function compile(file: string, project: string, cwd: string, plugins: ReturnType<typeof handlerEntry>[]) {
  try {
    return await build({
      entryPoints: [{ in: entryPoint, out: 'index' }],
      // Never written: paths in maps are told from here.
      outdir: join(project, '.millrace-bundle'),
      absWorkingDir: project,
      bundle: true,
      splitting: true,
      minify: true,
      // Errors are told apart by the names of their classes, also in logs.
      keepNames: true,
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      platform: 'node',
      target: 'node20',
      // Not in this order esbuild takes the CommonJS files of packages that have both, of which nothing can be left out.
      mainFields: ['module', 'main'],
      banner: { js: banner },
      sourcemap: 'linked',
      sourcesContent: false,
      metafile: true,
      write: false,
      logLevel: 'silent',
      plugins,
    })
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    throw compileError(
      error.errors.map(message => fromHere(message, project, cwd)),
      file,
      cwd,
    )
  }
}

/** esbuild also writes what only unused code would have loaded. */
function reachable({ outputs }: BuildResult<{ metafile: true }>['metafile']): Set<string> {
  const entry = Object.keys(outputs).find(name => basename(name) === 'index.mjs') as string
  const seen = new Set([entry])
  for (const name of seen) for (const { path, external } of outputs[name]?.imports ?? []) if (!external) seen.add(path)
  return seen
}

function outputFiles(files: readonly OutputFile[], outputs: ReadonlySet<string>, project: string): [string, Uint8Array][] {
  const names = new Set([...outputs].map(name => basename(name)))
  return files
    .filter(({ path }) => names.has(basename(path).replace(/\.map$/, '')))
    .map(({ path, contents, text }): [string, Uint8Array] =>
      path.endsWith('.map') ? [basename(path), Buffer.from(portableMap(text, path, project))] : [basename(path), contents],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function ownWarnings(messages: readonly Message[], project: string, cwd: string): string[] {
  return messages
    .filter(({ id, location }) => id !== 'ignored-bare-import' && location && isOwnSource(location.file))
    .map(message => fromHere(message, project, cwd))
    .map(({ location, text }) => `${location?.file}:${location?.line}: ${text}`)
}

/** The compiler tells paths from the project's folder, people read them from where they are. */
function fromHere(message: Message, project: string, cwd: string): Message {
  const { location } = message
  return location ? { ...message, location: { ...location, file: shownPath(resolve(project, location.file), cwd) } } : message
}
