import { relative } from 'node:path'

/** A file for people: relative to the working directory where it lies inside, else in full. */
export function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file)
  return path === '' || path.startsWith('..') ? file : path
}
