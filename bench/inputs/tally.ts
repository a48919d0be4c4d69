import { fieldsOf, type InputKind } from './index.js'

/**
 * What a program that wants objects does with them here: counts them, and adds up the lengths of two fields, so that all sides must have
 * made the same of the file.
 */
export function tallyOf(kind: InputKind) {
  const fields = fieldsOf(kind)
  const first = fields[0] as string
  const second = fields[1] as string
  let rows = 0
  let characters = 0
  return {
    take(row: Readonly<Record<string, string>>): void {
      rows++
      characters += (row[first] as string).length + (row[second] as string).length
    },
    done() {
      const rowsNow = rows
      const sum = `${rows} rows, ${characters} characters`
      return { recordsIn: rowsNow, recordsOut: rowsNow, bytesOut: 0, sum: async () => sum }
    },
  }
}
