import type { CsvSettings } from './options.js'
import { endMask } from './scanned.js'

/** A field as text; `null` only where an unquoted empty field means null. */
export type Field = string | null

/** A record: texts by name, and nulls where `emptyText` is `quoted`. */
export type CsvRecord = Record<string, Field>

/** Reads a field that takes more than a cut: `start` is its first byte, `end` has its flags. */
type ReadField = (start: number, end: number) => string

/** Makes records of the fields a scan has found. `text` has a character for each byte. */
export type RecordMaker = (text: string, starts: Int32Array, ends: Int32Array, count: number, read: ReadField) => CsvRecord[]

/** Records of so many columns are made by code of their own; V8 makes hash tables of larger ones, and the code would be large. */
const mostCompiledColumns = 200

/**
 * Makes plain records, all of one shape. The code for it is made from the names: some 20 % faster than a loop over them, which takes its place
 * where code may not be made from text (`--disallow-code-generation-from-strings`).
 */
export function recordMaker(names: readonly string[], { emptyText }: CsvSettings): RecordMaker {
  const emptyIsNull = emptyText === 'quoted'
  return (names.length <= mostCompiledColumns ? compiled(names, emptyIsNull) : undefined) ?? looped(names, emptyIsNull)
}

function compiled(names: readonly string[], emptyIsNull: boolean): RecordMaker | undefined {
  const plain = emptyIsNull ? '(at === end ? null : text.slice(at, end))' : 'text.slice(at, end)'
  const fields = names.map(
    (_, index) =>
      `end = ends[next + ${index}]
      const f${index} = end <= ${endMask} ? ${plain} : read(at, end)
      at = (end & ${endMask}) + 1`,
  )
  // A computed key is a field whatever its name; `__proto__` as a plain one would not be.
  const members = names.map((name, index) => `[${JSON.stringify(name)}]: f${index}`)
  try {
    return new Function(
      'text, starts, ends, count, read',
      `const records = []
    for (let row = 0, next = 0; row < count; row++, next += ${names.length}) {
      let at = starts[row], end = 0
      ${fields.join('\n')}
      records.push({ ${members.join(', ')} })
    }
    return records`,
    ) as RecordMaker
  } catch {
    return undefined
  }
}

function looped(names: readonly string[], emptyIsNull: boolean): RecordMaker {
  const odd = names.includes('__proto__')
  return (text, starts, ends, count, read) => {
    const records: CsvRecord[] = []
    for (let row = 0, next = 0; row < count; row++) {
      const record: CsvRecord = {}
      let at = starts[row] as number
      for (const name of names) {
        const end = ends[next++] as number
        const field = end > endMask ? read(at, end) : emptyIsNull && at === end ? null : text.slice(at, end)
        if (odd) Object.defineProperty(record, name, { value: field, enumerable: true, writable: true, configurable: true })
        else record[name] = field
        at = (end & endMask) + 1
      }
      records.push(record)
    }
    return records
  }
}

/** Takes the escapes out of a quoted field: what stands behind one is text, whatever it is. */
export function unescaper({ quote, escape: escapeChar }: CsvSettings): (field: string) => string {
  if (escapeChar === quote) {
    const twice = quote + quote
    return field => field.replaceAll(twice, quote)
  }
  return field => {
    let text = ''
    let from = 0
    for (let at = field.indexOf(escapeChar); at >= 0; at = field.indexOf(escapeChar, from + 1)) {
      text += field.slice(from, at)
      from = at + 1
    }
    return text + field.slice(from)
  }
}
