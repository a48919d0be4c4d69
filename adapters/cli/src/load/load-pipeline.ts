import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { ConfigError, isPipeline, type Pipeline } from '@millrace/etl-core'
import { didYouMean } from '../nearest.js'
import { type InstalledPipeline, installedPipelines } from './installed.js'
import { type LoadedModule, loadModule } from './load-module.js'
import { shownPath } from './shown-path.js'

/** `population.ts`, `./systems/a.mjs`: a path, as opposed to an installed pipeline's name. */
export function isFileArgument(argument: string): boolean {
  return /[\\/]/.test(argument) || /\.[cm]?[jt]sx?$/.test(argument) || argument === '.' || argument === '..'
}

/** A pipeline and the file it was found in, as an absolute path. */
export interface FoundPipeline {
  readonly pipeline: Pipeline
  readonly file: string
  /** The file exports a Lambda handler of its own, as `handler`. */
  readonly hasHandler: boolean
}

/**
 * Finds and loads the pipeline that an argument names.
 *
 * @throws ConfigError `ETL_PIPELINE_NOT_FOUND` (no such file or name), `ETL_PIPELINE_COMPILE` (with file, line, column and the line's
 * text), `ETL_PIPELINE_IMPORT` (it threw while being imported, with the place in the TypeScript source), `ETL_PIPELINE_EXPORT`.
 */
export async function loadPipeline(argument: string, cwd: string): Promise<Pipeline> {
  return (await findPipeline(argument, cwd)).pipeline
}

/** {@link loadPipeline}, for who needs its file too. */
export async function findPipeline(argument: string, cwd: string): Promise<FoundPipeline> {
  const file = isFileArgument(argument) ? checkedFile(argument, cwd) : builtFile(installedNamed(argument, cwd), cwd)
  const module = await loadModule(file, cwd)
  return { pipeline: pipelineOf(module, shownPath(file, cwd)), file, hasHandler: typeof module.handler === 'function' }
}

/** Loads a pipeline that a package offers. */
export async function loadInstalled(installed: InstalledPipeline, cwd: string): Promise<Pipeline> {
  const file = builtFile(installed, cwd)
  return pipelineOf(await loadModule(file, cwd), shownPath(file, cwd))
}

function builtFile(installed: InstalledPipeline, cwd: string): string {
  if (statSync(installed.file, { throwIfNoEntry: false })) return installed.file
  const shown = shownPath(installed.file, cwd)
  throw new ConfigError(
    'ETL_PIPELINE_NOT_FOUND',
    `${installed.package} offers the pipeline "${installed.name}" at ${shown}, and that file is not there. Is the package built?`,
  )
}

/** The default export, if it is a pipeline. CommonJS modules may hold it one level down. */
export function pipelineOf(module: LoadedModule, shown: string): Pipeline {
  const exported = module.default
  if (isPipeline(exported)) return exported
  const inner = typeof exported === 'object' && exported !== null ? (exported as LoadedModule).default : undefined
  if (isPipeline(inner)) return inner
  const named = Object.keys(module).filter(name => name !== 'default' && isPipeline(module[name]))
  const found = 'default' in module ? `its default export is ${described(exported)}` : 'it has no default export'
  const hint =
    typeof module.handler === 'function'
      ? ' It exports a handler; its pipeline has to be exported besides: export default orders.'
      : named.length > 0
        ? ` It exports the pipeline ${named.map(name => `"${name}"`).join(' and ')} by name only.`
        : ''
  throw new ConfigError(
    'ETL_PIPELINE_EXPORT',
    `${shown} is no pipeline: ${found}.${hint} Needed: export default definePipeline({ name, build, ... }).`,
  )
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const keys = Object.keys(value)
  return keys.length === 0 ? 'an empty object' : `an object with ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', ...' : ''}`
}

function checkedFile(argument: string, cwd: string): string {
  const file = resolve(cwd, argument)
  const shown = withoutUser(argument)
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) {
    const message = `There is no file ${shown}.${didYouMean(basename(file), neighbours(file))}`
    throw new ConfigError('ETL_PIPELINE_NOT_FOUND', message)
  }
  if (found.isDirectory())
    throw new ConfigError('ETL_PIPELINE_NOT_FOUND', `${shown} is a directory. Name the file that holds the pipeline.`)
  if (!/\.[cm]?[jt]sx?$/.test(file)) {
    throw new ConfigError('ETL_PIPELINE_NOT_FOUND', `${shown} is neither TypeScript nor JavaScript (.ts, .mts, .js, .mjs).`)
  }
  return file
}

function neighbours(file: string): string[] {
  try {
    return readdirSync(dirname(file)).filter(name => /\.[cm]?[jt]sx?$/.test(name))
  } catch {
    return []
  }
}

function installedNamed(name: string, cwd: string): InstalledPipeline {
  const all = installedPipelines(cwd)
  const found = all.find(each => each.name === name)
  if (found) return found
  const shown = withoutUser(name)
  const file = [`${name}.ts`, `${name}.mts`, `${name}.js`, `${name}.mjs`].find(each =>
    statSync(resolve(cwd, each), { throwIfNoEntry: false }),
  )
  const names = all.map(each => each.name)
  const known =
    names.length === 0 ? 'None is installed; a file is named with its ending: orders.ts.' : `Installed: ${names.join(', ')}.`
  const hint = file ? ` Did you mean the file ${file}?` : didYouMean(name, names)
  throw new ConfigError('ETL_PIPELINE_NOT_FOUND', `No pipeline is called "${shown}".${hint} ${known}`)
}

/** A place pasted as the pipeline must not put its password on the screen. */
function withoutUser(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//').replace(/\?.*$/s, '')
}
