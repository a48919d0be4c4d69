import type { ColumnBuilder } from './column-builder.js'

/** Gives each record's fields to the builders of their columns, record by record. */
export type Feed = (records: readonly object[]) => void

/** Code of its own is made for so many columns at most. */
const mostCompiledColumns = 200

/**
 * The way from records into columns. Its code is made from the names, so that each field is read where V8 knows its place; where code may not be made
 * from text (`--disallow-code-generation-from-strings`) a loop does it.
 */
export function feedOf(names: readonly string[], builders: readonly ColumnBuilder[]): Feed {
  return (names.length <= mostCompiledColumns ? compiled(names, builders) : undefined) ?? looped(names, builders)
}

function compiled(names: readonly string[], builders: readonly ColumnBuilder[]): Feed | undefined {
  const lines = names.map((name, index) => `b${index}.add(record[${JSON.stringify(name)}])`)
  const code = `"use strict"; return records => {
    for (let row = 0; row < records.length; row++) {
      const record = records[row]
      ${lines.join('\n')}
    }
  }`
  try {
    return new Function(...builders.map((_, index) => `b${index}`), code)(...builders) as Feed
  } catch {
    return undefined
  }
}

function looped(names: readonly string[], builders: readonly ColumnBuilder[]): Feed {
  return records => {
    for (const record of records)
      for (let index = 0; index < names.length; index++) {
        builders[index]!.add((record as Record<string, unknown>)[names[index]!])
      }
  }
}
