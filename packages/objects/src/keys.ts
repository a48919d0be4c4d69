import { ConfigError } from '@millrace/etl-core'

/**
 * Refuses what cannot name an object: an empty key, a leading or doubled `/`, a segment `.` or `..`, a NUL. So a key never leaves its place.
 *
 * @throws ConfigError `ETL_OBJECT_KEY`
 */
export function checkKey(key: string): void {
  const problem = keyProblem(key)
  if (problem)
    throw new ConfigError('ETL_OBJECT_KEY', `${JSON.stringify(key)} cannot be an object's key: ${problem}.`, { context: { key } })
}

/** Why a text is not a key, or `undefined` if it is one. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty'
  if (key.includes('\0')) return 'it holds a NUL character'
  if (/\p{Surrogate}/u.test(key)) return 'it holds half a character (a lone surrogate)'
  for (const segment of key.split('/')) {
    if (segment === '') return 'a part between slashes is empty'
    if (segment === '.' || segment === '..') return `a part of it is "${segment}"`
  }
  return undefined
}

/** Orders keys by their bytes in UTF-8, as object stores list them: the order of code points, which is not that of `<` on strings. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x === y) continue
    // Surrogates stand for characters above all others, though their units are below U+E000.
    const lifted = (unit: number) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)
    return lifted(x) - lifted(y)
  }
  return a.length - b.length
}

/** True for keys that readers of data pass over: a segment begins with `_` or `.`, as Athena, Hive and Spark have it. */
export function isHidden(key: string): boolean {
  return /(^|\/)[_.]/.test(key)
}
