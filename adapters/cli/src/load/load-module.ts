import { dirname, isAbsolute, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError, isEtlError } from '@millrace/etl-core'
import { shownPath } from './shown-path.js'

/** A module's exports. */
export type LoadedModule = Readonly<Record<string, unknown>>

/** Imports a pipeline's module. JavaScript is imported as it is, TypeScript is bundled first. */
export async function loadModule(file: string, cwd: string): Promise<LoadedModule> {
  if (/\.[cm]?tsx?$/.test(file)) return loadTypeScript(file, cwd)
  try {
    return (await import(pathToFileURL(file).href)) as LoadedModule
  } catch (error) {
    // Node tells no line for a module that does not parse; the compiler does.
    if (error instanceof SyntaxError) await (await bundler()).bundle(file, cwd).then(bundle => bundle.remove())
    throw importError(
      error,
      file,
      cwd,
      path => path.startsWith(dirname(file) + sep) && !path.includes(`${sep}node_modules${sep}`),
    )
  }
}

async function loadTypeScript(file: string, cwd: string): Promise<LoadedModule> {
  const bundle = await (await bundler()).bundle(file, cwd)
  // Before the import: Node reads the map as it loads the module.
  process.setSourceMapsEnabled(true)
  try {
    return (await import(bundle.url)) as LoadedModule
  } catch (error) {
    throw importError(error, file, cwd, path => bundle.sources.has(path))
  } finally {
    await bundle.remove()
  }
}

/** The compiler costs some tens of milliseconds: only who needs it pays. */
const bundler = () => import('./bundle.js')

/** What a module threw while it was imported, with the line of the source it came from. */
function importError(error: unknown, file: string, cwd: string, isOwn: (path: string) => boolean): ConfigError {
  const shown = shownPath(file, cwd)
  const place = error instanceof Error ? firstFrame(error.stack ?? '', isOwn) : undefined
  const at = place ? `${shownPath(place.path, cwd)}:${place.line}:${place.column}` : shown
  if (isEtlError(error)) {
    return new ConfigError(error.code, `${at}: ${error.message}`, { context: error.context, cause: error.cause ?? error })
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new ConfigError('ETL_PIPELINE_IMPORT', `${shown} failed while it was imported. ${at}: ${said}`, { cause: error })
}

/** The first line of a stack that lies in the pipeline's own sources. */
function firstFrame(stack: string, isOwn: (path: string) => boolean): { path: string; line: number; column: number } | undefined {
  for (const line of stack.split('\n')) {
    const found = /^\s*at (?:.*\()?(.+?):(\d+):(\d+)\)?$/.exec(line)
    if (!found) continue
    const path = pathOf(found[1] as string)
    if (path !== undefined && isOwn(path)) return { path, line: Number(found[2]), column: Number(found[3]) }
  }
  return undefined
}

function pathOf(text: string): string | undefined {
  if (text.startsWith('file:')) return fileURLToPath(text)
  return isAbsolute(text) ? text : undefined
}
