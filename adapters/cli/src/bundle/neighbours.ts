import { readFileSync } from 'node:fs'
import { shownPath } from '../load/shown-path.js'

/** Ways to find a file by the place of the code that wants it. */
const byOwnPlace = /\bnew URL\([^()]*\bimport\.meta\.url\b|\bimport\.meta\.(?:dirname|filename)\b|\b__(?:dirname|filename)\b/

/** One line for each source that looks for files beside itself: in a bundle there are none. */
export function neighbourNotes(sources: readonly string[], cwd: string): string[] {
  return sources.flatMap(source => {
    const lines = readFileSync(source, 'utf8').split('\n')
    const at = lines.findIndex(line => byOwnPlace.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
    if (at < 0) return []
    return [
      `${shownPath(source, cwd)}:${at + 1} looks for files beside itself, and those are not in the bundle: import what they hold.`,
    ]
  })
}
