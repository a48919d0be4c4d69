import type { DecodeOptions, Format, FormatInput, UnitReceipt, Unreadable } from '@millrace/etl-core'
import { recordsOf } from '@millrace/etl-core'

/** What `encodeAll` needs besides the records. */
export interface EncodeAllOptions {
  /** Records handed to the format at a time. Default 1,000. */
  readonly batchRecords?: number
}

/** What a whole object held. */
export interface DecodedAll<T> {
  readonly records: readonly T[]
  readonly unreadable: readonly Unreadable[]
}

/**
 * Records as the bytes of one whole object. For tests and small files: everything is in memory.
 *
 * @throws RecordError `ETL_RECORD_REFUSED` for a record the format cannot hold.
 * @example
 * const bytes = await encodeAll(csv(), [{ id: 1 }])   // id\n1\n
 */
export async function encodeAll<T>(
  format: Format<T>,
  records: readonly T[],
  options: EncodeAllOptions = {},
): Promise<Uint8Array> {
  const { batchRecords = 1_000 } = options
  const encoder = format.encoder()
  const units: { receipt: UnitReceipt; bytes: readonly Uint8Array[] }[] = []
  let parts: Uint8Array[] = []
  let count = 0
  const endUnit = async () => {
    const { bytes, meta } = await encoder.end()
    const all = [...parts, ...bytes]
    units.push({
      receipt: { bytes: sizeOf(all), records: count, ...(meta === undefined ? {} : { meta }) },
      bytes: all,
    })
    parts = []
    count = 0
  }
  for (let start = 0; start < records.length; start += batchRecords) {
    const batch = records.slice(start, start + batchRecords)
    parts.push(...(await encoder.write(batch)))
    count += batch.length
    if (format.unitRecords !== undefined && count >= format.unitRecords) await endUnit()
  }
  if (count > 0) await endUnit()
  const { head, between, tail } = format.assemble(units.map(unit => unit.receipt))
  return Buffer.concat([head, ...units.flatMap(({ bytes }, index) => (index === 0 ? bytes : [between, ...bytes])), tail])
}

const sizeOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0)

/**
 * All records of one whole object. For tests and small files: everything is in memory.
 *
 * @throws SourceError `ETL_SOURCE_MALFORMED` if the object as a whole cannot be read; single records that cannot are in `unreadable`.
 */
export async function decodeAll<T>(
  format: Format<T>,
  bytes: Uint8Array | string,
  options: DecodeOptions = {},
): Promise<DecodedAll<T>> {
  const records: T[] = []
  const unreadable: Unreadable[] = []
  for await (const batch of format.decode(bytesInput(bytes), undefined, options)) {
    for (const record of recordsOf(batch.records)) records.push(record)
    unreadable.push(...(batch.unreadable ?? []))
  }
  return { records, unreadable }
}

/**
 * Bytes in memory as something a format can read. A string is taken as UTF-8.
 *
 * @param options.chunkBytes - Size of the chunks that `stream` gives. Default 64 KiB.
 */
export function bytesInput(
  bytes: Uint8Array | string,
  options: { readonly place?: string; readonly chunkBytes?: number } = {},
): FormatInput {
  const { place = 'memory', chunkBytes = 64 * 1024 } = options
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return {
    place,
    size: all.length,
    async *stream(start = 0) {
      for (let offset = start; offset < all.length; offset += chunkBytes) yield all.subarray(offset, offset + chunkBytes)
    },
    range: async (start, end) => all.subarray(start, end),
  }
}
