import { ConfigError } from '@millrace/etl-core'
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

/** The names where the file tells none; `undefined` where it does. */
export function namesWithoutHeader(settings: CsvSettings): readonly string[] | undefined {
  if (settings.header) return undefined
  if (settings.columns) return settings.columns
  throw new ConfigError('ETL_CONFIG_INVALID', 'csv({ header: false }) cannot read: a file without a header needs "columns".')
}
