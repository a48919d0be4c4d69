import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A pipeline that a package offers by name: `"millrace": {"pipelines": {"name": "./path"}}` in its package.json. */
export interface InstalledPipeline {
  readonly name: string
  readonly package: string
  readonly file: string
}

/**
 * The pipelines that can be run by name, nearest first: those of the working directory's own package, of its dependencies, and of the
 * packages beside the command. Of two with one name the nearer is meant.
 */
export function installedPipelines(cwd: string, command: string | URL = import.meta.url): readonly InstalledPipeline[] {
  const found = new Map<string, InstalledPipeline>()
  for (const folder of [...projectPackages(cwd), ...packagesBeside(dirname(fileURLToPath(command)))]) {
    for (const pipeline of offeredBy(folder)) if (!found.has(pipeline.name)) found.set(pipeline.name, pipeline)
  }
  return [...found.values()]
}

/** The package the working directory belongs to, then what it depends on, in the order it is listed. */
function projectPackages(cwd: string): string[] {
  const own = upwards(cwd).find(folder => existsSync(join(folder, 'package.json')))
  if (own === undefined) return []
  const manifest = readManifest(own)
  const names = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies, manifest.peerDependencies]
    .filter(isRecord)
    .flatMap(Object.keys)
  const places = upwards(own).map(folder => join(folder, 'node_modules'))
  const folders = names.flatMap(name => places.map(place => join(place, name)).find(folder => existsSync(folder)) ?? [])
  return [own, ...folders]
}

/** `node_modules/@millrace/*` on the way up from the command: in a workspace these are its siblings. */
function packagesBeside(folder: string): string[] {
  return upwards(folder)
    .map(each => join(each, 'node_modules', '@millrace'))
    .filter(scope => existsSync(scope))
    .flatMap(scope =>
      readdirSync(scope)
        .sort()
        .map(name => join(scope, name)),
    )
}

function offeredBy(folder: string): InstalledPipeline[] {
  const manifest = readManifest(folder)
  const offered = isRecord(manifest.millrace) && isRecord(manifest.millrace.pipelines) ? manifest.millrace.pipelines : {}
  return Object.entries(offered).flatMap(([name, path]) =>
    typeof path === 'string' ? [{ name, package: String(manifest.name ?? folder), file: resolve(folder, path) }] : [],
  )
}

function upwards(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...upwards(above)]
}

/** A package.json that is missing or broken offers nothing: it is not this command's to complain about. */
function readManifest(folder: string): Record<string, unknown> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return isRecord(manifest) ? manifest : {}
  } catch {
    return {}
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
