import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Whether the compiler's name for a module stands for one that a plugin made (`millrace-handler:index.js`), not for a file. */
export const isVirtual = (input: string): boolean => /^millrace-[a-z-]+:/.test(input)

/** The folder that paths in a bundle are told from: that of the package a file belongs to, else the file's own. */
export function projectFolder(file: string): string {
  return packageFolder(dirname(file)) ?? dirname(file)
}

/** The package a file belongs to: by its place below `node_modules`, else by the nearest package.json. */
export function packageNameOf(file: string): string | undefined {
  const installed = installedPath(file)
  if (installed !== undefined) return packageOf(installed)
  const folder = packageFolder(dirname(file))
  if (folder === undefined) return undefined
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }
  return typeof name === 'string' ? name : undefined
}

/** The package that a bare specifier or an installed file's path begins with: `@scope/name`. */
export function packageOf(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * A file's path as a bundle may hold it, the same wherever the project lies: `src/pipeline.ts`, `node_modules/zod/index.js`, and below a
 * package's name where that is linked from elsewhere.
 */
export function portablePath(file: string, project: string): string {
  const installed = installedPath(file)
  if (installed !== undefined) return `node_modules/${installed}`
  const inside = relative(project, file)
  if (!inside.startsWith('..') && resolve(project, inside) === file) return withSlashes(inside)
  const folder = packageFolder(dirname(file)) ?? dirname(file)
  return withSlashes(join(packageNameOf(file) ?? 'elsewhere', relative(folder, file)))
}

/** What stands behind the last `node_modules/`. */
function installedPath(file: string): string | undefined {
  const path = withSlashes(file)
  const at = path.lastIndexOf('/node_modules/')
  return at < 0 ? undefined : path.slice(at + '/node_modules/'.length)
}

const withSlashes = (path: string): string => path.split(sep).join('/')

function packageFolder(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : packageFolder(above)
}
