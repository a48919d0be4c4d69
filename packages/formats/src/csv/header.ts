import { malformed } from '../errors.js'
import type { CsvSettings } from './options.js'
import { namesProblem } from './options.js'

/**
 * The names a header gives.
 *
 * @throws SourceError `ETL_SOURCE_MALFORMED` naming every empty and every repeated name, or the columns that are missing.
 */
export function headerNames(names: readonly string[], settings: CsvSettings, place: string, line: number): readonly string[] {
  const problem = namesProblem(names)
  if (problem !== undefined) throw malformed(place, `the header ${problem}.`, { line })
  const missing = (settings.columns ?? []).filter(name => !names.includes(name))
  if (missing.length > 0) {
    const list = missing.map(name => JSON.stringify(name)).join(', ')
    throw malformed(place, `the header lacks ${list}; it has ${names.map(name => JSON.stringify(name)).join(', ')}.`, { line })
  }
  return Object.freeze([...names])
}

/** Makes plain records of rows that have a field for every name. */
export function recordMaker<V>(names: readonly string[]): (fields: readonly V[]) => Record<string, V> {
  // Assigning to `__proto__` is no field: a text would vanish.
  if (names.includes('__proto__')) return fields => Object.fromEntries(names.map((name, index) => [name, fields[index] as V]))
  return fields => {
    const record: Record<string, V> = {}
    for (let index = 0; index < names.length; index++) record[names[index] as string] = fields[index] as V
    return record
  }
}
