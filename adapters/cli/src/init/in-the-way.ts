import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/etl-core'
import { count } from '../show/units.js'

/** What may lie in a folder that counts as empty: the marks of version control, editors and desktops. */
const ignored = new Set(['.git', '.hg', '.svn', '.idea', '.vscode', '.DS_Store', 'Thumbs.db', 'desktop.ini'])

/** Names told at most. */
const maxNames = 8

/**
 * Looks at the folder of a new project before anything is written.
 *
 * @param shown - The folder, for messages.
 * @param beside - Whether the folder may hold something already.
 * @returns Those of `paths` that are there already and stay as they are.
 * @throws ConfigError `ETL_INIT_IN_THE_WAY`, with every name that stands in the way.
 */
export function filesToKeep(folder: string, shown: string, paths: readonly string[], beside: boolean): ReadonlySet<string> {
  const file = fileOnTheWay(folder)
  if (file !== undefined)
    throw inTheWay(`${file === folder ? shown : file} is a file, and the project needs a folder of that name.`)
  if (!followed(folder)) return new Set()
  const wrong = wrongKinds(folder, paths)
  if (wrong.length > 0) throw inTheWay(`${listed(wrong)} in ${shown}: the project needs it otherwise. Nothing was written.`)
  const there = paths.filter(path => entryAt(folder, path))
  const names = readdirSync(folder).filter(name => !ignored.has(name))
  if (names.length > 0 && !beside) throw notEmpty(shown, names, there)
  return new Set(there)
}

/** The file that stands where the folder, or one above it, has to be. */
function fileOnTheWay(path: string): string | undefined {
  const found = followed(path)
  if (found) return found.isDirectory() ? undefined : path
  return dirname(path) === path ? undefined : fileOnTheWay(dirname(path))
}

/** Folders where the project has a file, and the other way round. */
function wrongKinds(folder: string, paths: readonly string[]): string[] {
  const folders = new Set(paths.filter(path => path.includes('/')).map(path => path.slice(0, path.lastIndexOf('/'))))
  return [
    ...[...folders].filter(path => entryAt(folder, path) && !followed(join(folder, path))?.isDirectory()),
    ...paths.filter(path => entryAt(folder, path)?.isDirectory()),
  ]
}

/** What has this name: a link that leads nowhere is there too. */
const entryAt = (folder: string, path: string): Stats | undefined => look(() => lstatSync(join(folder, path)))

/** What a path leads to. */
const followed = (path: string): Stats | undefined => look(() => statSync(path))

/** A name below a file is not there either. */
function look(at: () => Stats): Stats | undefined {
  try {
    return at()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

function notEmpty(shown: string, names: readonly string[], there: readonly string[]): ConfigError {
  const way = there.length === 0 ? '' : ` In the way: ${listed(there)}.`
  return inTheWay(
    `The folder ${shown} is not empty: it holds ${listed(names)}.${way}\n` +
      '  millrace init <folder> makes a new one; --force adds the files that are missing here and changes none that is there.',
  )
}

const inTheWay = (message: string): ConfigError => new ConfigError('ETL_INIT_IN_THE_WAY', message)

function listed(names: readonly string[]): string {
  const more = names.length > maxNames ? ` and ${count(names.length - maxNames)} more` : ''
  return `${names.slice(0, maxNames).join(', ')}${more}`
}
