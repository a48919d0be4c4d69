// What every tool needs to know about the workspaces: where they are, and which files each one builds.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = resolve(fileURLToPath(import.meta.url), '../..')

export const readJson = file => JSON.parse(readFileSync(file, 'utf8'))

/** Every workspace folder that has a package.json, as `packages/x`, sorted. Only patterns that end in `/*` are used here. */
export function listWorkspaces(root = repositoryRoot) {
  return readJson(join(root, 'package.json'))
    .workspaces.map(pattern => pattern.replace(/\/\*$/, ''))
    .filter(kind => existsSync(join(root, kind)))
    .flatMap(kind => readdirSync(join(root, kind)).map(name => `${kind}/${name}`))
    .filter(path => existsSync(join(root, path, 'package.json')))
    .sort()
    .map(path => ({ path, folder: join(root, path), manifest: readJson(join(root, path, 'package.json')) }))
}

/**
 * The entries of a package, read from the `millrace-source` conditions of its `exports`:
 * `{ 'testing/index': 'src/testing/index.ts' }` says that `src/testing/index.ts` becomes `dist/testing/index.js`.
 */
export function entriesOf(manifest) {
  const sources = Object.values(manifest.exports ?? {}).flatMap(target => target?.['millrace-source'] ?? [])
  return Object.fromEntries(sources.map(source => [source.replace(/^\.\/src\//, '').replace(/\.ts$/, ''), source.slice(2)]))
}

/** Whether a package has a CJS build: it does unless its `exports` have no `require`. */
export const hasCjs = manifest => Object.values(manifest.exports ?? {}).some(target => target?.require !== undefined)
