import { isUtf8 } from 'node:buffer'
import type { CsvSettings } from './options.js'
import { unescaper } from './records.js'
import { type CsvFault, endMask, hasEscapes, inQuotes, type OddRecord, type Scanned } from './scanned.js'

/** The same, with the records whose text is not UTF-8, or that have a field that is too long, among the odd ones. */
export function sifted(scanned: Scanned, bytes: Buffer, columns: number, settings: CsvSettings): Scanned {
  const mayBreak = scanned.wide && settings.invalidUtf8 === 'reject' && !isUtf8(bytes)
  if (!mayBreak && settings.maxFieldBytes === undefined) return scanned
  const { starts, ends, lines } = scanned
  const caught: OddRecord[] = []
  const rows: number[] = []
  for (let row = 0; row < scanned.count; row++) {
    const start = starts[row] as number
    const end = (ends[row * columns + columns - 1] as number) & endMask
    const fieldsHere = () => fieldsOf(bytes, start, ends.subarray(row * columns, (row + 1) * columns), settings)
    const fault = faultIn(bytes.subarray(start, end), settings, fieldsHere)
    if (!fault) rows.push(row)
    else caught.push({ start, end, line: lines[row] as number, fields: columns, fault, tooLong: false })
  }
  if (caught.length === 0) return scanned
  return {
    ...scanned,
    count: rows.length,
    starts: Int32Array.from(rows, row => starts[row] as number),
    lines: Int32Array.from(rows, row => lines[row] as number),
    ends: Int32Array.from(rows.flatMap(row => [...ends.subarray(row * columns, (row + 1) * columns)])),
    odd: [...scanned.odd, ...caught].sort((a, b) => a.start - b.start),
  }
}

/** The texts of one record's fields, as bytes. */
function fieldsOf(bytes: Buffer, start: number, ends: Int32Array, settings: CsvSettings): Buffer[] {
  const withoutEscapes = unescaper(settings)
  let at = start
  return Array.from(ends, end => {
    const quotes = end & inQuotes ? 1 : 0
    const field = bytes.subarray(at + quotes, (end & endMask) - quotes)
    at = (end & endMask) + 1
    return quotes === 1 && end & hasEscapes ? Buffer.from(withoutEscapes(field.toString('latin1')), 'latin1') : field
  })
}

/** What is wrong with the fields of a record of the right form. They are looked at only if the record as a whole gives cause. */
export function faultIn(
  record: Uint8Array,
  { invalidUtf8, maxFieldBytes = Number.POSITIVE_INFINITY }: CsvSettings,
  fieldsOf: () => readonly Uint8Array[],
): CsvFault | undefined {
  if (invalidUtf8 === 'reject' && !isUtf8(record))
    return { kind: 'notUtf8', field: fieldsOf().findIndex(field => !isUtf8(field)) }
  if (record.length <= maxFieldBytes) return undefined
  const field = fieldsOf().findIndex(({ length }) => length > maxFieldBytes)
  return field < 0 ? undefined : { kind: 'longField', field }
}
