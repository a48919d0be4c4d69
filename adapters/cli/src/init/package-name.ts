import { basename } from 'node:path'

/** What npm takes as a name; it refuses capitals, spaces and a dot or underscore in front. @see https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name */
const validName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const longestName = 214
const refused = new Set(['node_modules', 'favicon.ico'])

/**
 * Whether npm takes `name` for a package.
 *
 * @param taken - Names of its own dependencies: a package cannot depend on itself.
 */
export function isPackageName(name: string, taken: ReadonlySet<string>): boolean {
  return name.length <= longestName && validName.test(name) && !refused.has(name) && !taken.has(name)
}

/** A folder's name as that of a package: `My Orders (2025)` is `my-orders-2025`. Pure. */
export function packageNameOf(folder: string, taken: ReadonlySet<string>): string {
  const name = basename(folder)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, 100)
  if (isPackageName(name, taken)) return name
  return name === '' ? 'millrace-project' : `${name}-project`
}
