import { isRecordError, type RecordError, type Rows, type UnitEncoder } from '@millrace/etl-core'

/** What became of some rows. */
export interface Encoded {
  readonly chunks: readonly Uint8Array[]
  /** Rows of the encoder's that are in the unit now. */
  readonly taken: number
  readonly rejected: readonly { readonly row: number; readonly error: RecordError }[]
}

/**
 * Encodes rows. An encoder takes all rows of a call or none; where it refuses, the refused row is left out and the others are encoded
 * around it. Encoders say which one it is (`context.row`); where one does not, halves are tried.
 */
export async function encodeRows<T>(encoder: UnitEncoder<T>, batch: Rows<T> | readonly T[]): Promise<Encoded> {
  const late = 'late' in batch ? batch.late : undefined
  const whole = late && (await encoder.writeLate?.(late))
  if (whole) return { chunks: whole.filter(chunk => chunk.length > 0), taken: batch.length, rejected: [] }
  const rows = 'toArray' in batch ? batch.toArray() : batch
  const chunks: Uint8Array[] = []
  const rejected: { row: number; error: RecordError }[] = []
  const ranges: [start: number, end: number][] = [[0, rows.length]]
  for (let range = ranges.pop(); range; range = ranges.pop()) {
    const [start, end] = range
    if (start >= end) continue
    const all = start === 0 && end === rows.length
    try {
      for (const chunk of await encoder.write(all ? rows : rows.slice(start, end))) if (chunk.length > 0) chunks.push(chunk)
    } catch (error) {
      if (!isRecordError(error)) throw error
      const at = end - start === 1 ? 0 : error.context.row
      const named = typeof at === 'number' && Number.isInteger(at) && at >= 0 && at < end - start
      const middle = named ? start + at : Math.floor((start + end) / 2)
      if (named) rejected.push({ row: middle, error })
      // The left one is taken next: rows stay in order.
      ranges.push([named ? middle + 1 : middle, end], [start, middle])
    }
  }
  return { chunks, taken: rows.length - rejected.length, rejected }
}
