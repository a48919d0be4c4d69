import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Loader, type Plugin } from 'esbuild'
import { compileError, isBuildFailure } from './compile-error.js'

/** A pipeline's own files as one importable module. */
export interface Bundle {
  readonly url: string
  /** The files it was made of, as absolute paths. */
  readonly sources: ReadonlySet<string>
  /** Removes the module from disk. Once it is imported it is not needed there any more. */
  remove(): Promise<void>
}

/**
 * Bundles a file and what it imports by path or alias. Packages stay outside, as addresses of the project's own copies, so the module
 * may lie in the temporary directory (a read-only project works) and shares its packages with nothing it should not.
 *
 * @throws ConfigError `ETL_PIPELINE_COMPILE` with every error's file, line, column and the line's text.
 */
export async function bundle(file: string, cwd: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const outfile = join(folder, 'pipeline.mjs')
  try {
    const { metafile } = await build({
      entryPoints: [file],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // As Node resolves: without esbuild's own condition `module`, whose files are for bundlers only.
      conditions: [],
      sourcemap: 'inline',
      sourcesContent: false,
      metafile: true,
      absWorkingDir: cwd,
      logLevel: 'silent',
      plugins: [packagesOutside, ownAddresses],
    })
    return {
      url: pathToFileURL(outfile).href,
      sources: new Set(Object.keys(metafile.inputs).map(path => resolve(cwd, path))),
      remove,
    }
  } catch (error) {
    await remove()
    throw isBuildFailure(error) ? compileError(error.errors, file, cwd) : error
  }
}

/** Only what lies under `node_modules` or is ours turns external: a tsconfig path alias looks like a package and is the project's own code. */
const packagesOutside: Plugin = {
  name: 'packages-outside',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (pluginData === 'resolving' || kind === 'entry-point') return undefined
      if (path.startsWith('node:')) return { path, external: true }
      const found = await builder.resolve(path, { importer, resolveDir, kind, pluginData: 'resolving' })
      if (found.errors.length > 0 || found.namespace !== 'file' || found.external) return found
      const outside = found.path.includes(`${sep}node_modules${sep}`) || path.startsWith('@millrace/')
      return outside ? { path: pathToFileURL(found.path).href, external: true } : found
    })
  },
}

const loaders: Readonly<Record<string, Loader>> = { '.tsx': 'tsx', '.jsx': 'jsx', '.js': 'js', '.mjs': 'js', '.cjs': 'js' }

/** `import.meta.url` and its kin keep naming the source file, so that `new URL('./query.sql', import.meta.url)` finds its neighbour. */
const ownAddresses: Plugin = {
  name: 'own-addresses',
  setup(builder) {
    builder.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!/\bimport\.meta\.(url|filename|dirname)\b/.test(text)) return undefined
      const values: Record<string, string> = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) }
      const contents = text.replace(/\bimport\.meta\.(url|filename|dirname)\b/g, (_, what: string) =>
        JSON.stringify(values[what]),
      )
      return { contents, loader: loaders[extname(path)] ?? 'ts' }
    })
  },
}
