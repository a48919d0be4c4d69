import type { LateColumns } from '@millrace/etl-core'
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
  const lines = names.map((name, index) => {
    const field = `record[${JSON.stringify(name)}]`
    return `b${index}.add(${isInherited(name) ? `Object.hasOwn(record, ${JSON.stringify(name)}) ? ${field} : undefined` : field})`
  })
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

/** Every object has a `constructor`, a field or not. */
const isInherited = (name: string): boolean => name in Object.prototype

function looped(names: readonly string[], builders: readonly ColumnBuilder[]): Feed {
  return records => {
    for (const record of records)
      for (let index = 0; index < names.length; index++) {
        const name = names[index]!
        builders[index]!.add(Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined)
      }
  }
}

/** Gives the fields of records that are not made yet to the builders, column by column. A field that there is none of is `undefined`, as in a record. */
export function feedLate(
  { columns, table, rows, slots }: LateColumns,
  names: readonly string[],
  builders: readonly ColumnBuilder[],
): void {
  for (const [index, builder] of builders.entries()) {
    const at = columns.find(({ name }) => name === names[index])?.at
    const values = at === undefined || at >= 0 ? undefined : slots[-1 - at]
    if (at === undefined) for (let row = 0; row < rows.length; row++) builder.add(undefined)
    else if (values) for (let row = 0; row < rows.length; row++) builder.add(values[rows[row]!])
    else for (let row = 0; row < rows.length; row++) builder.add(table.read(rows[row]!, at))
  }
}
