import type { Format, FormatInput, Json, SourceBatch, UnitReceipt } from '@millrace/etl-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Does what an object sink does: ends a unit at the first batch border after `unitRecords`, keeps receipts as JSON, assembles. */
export async function fileOf<T>(
  format: Format<T>,
  batches: readonly (readonly T[])[],
  schema?: StandardSchemaV1,
): Promise<Uint8Array> {
  const prepared = schema ? (format.prepare?.({ pipeline: 'test', schema }) ?? format) : format
  const encoder = prepared.encoder()
  const units: UnitReceipt[] = []
  const bodies: Uint8Array[] = []
  let open: Uint8Array[] = []
  let records = 0
  const end = async () => {
    if (records === 0) return
    const { bytes, meta } = await encoder.end()
    const body = Buffer.concat([...open, ...bytes])
    bodies.push(body)
    units.push({ bytes: body.length, records, ...(meta === undefined ? {} : { meta: JSON.parse(JSON.stringify(meta)) as Json }) })
    open = []
    records = 0
  }
  for (const batch of batches) {
    open.push(...(await encoder.write(batch)))
    records += batch.length
    if (records >= (prepared.unitRecords ?? 0)) await end()
  }
  await end()
  const { head, between, tail } = prepared.assemble(units)
  return Buffer.concat([head, ...bodies.flatMap((body, at) => (at === 0 ? [body] : [between, body])), tail])
}

/** Bytes to read from, and the ranges that were read. */
export function inputOf(bytes: Uint8Array): FormatInput & { readonly ranges: [number, number][] } {
  const ranges: [number, number][] = []
  return {
    place: 'file:out/test.parquet',
    size: bytes.length,
    async *stream(start = 0) {
      yield bytes.subarray(start)
    },
    async range(start, end) {
      ranges.push([start, end])
      return bytes.subarray(start, end)
    },
    ranges,
  }
}

/** All batches. */
export async function batchesOf<T>(format: Format<T>, bytes: Uint8Array, from?: Json): Promise<SourceBatch<T>[]> {
  const batches: SourceBatch<T>[] = []
  for await (const batch of format.decode(inputOf(bytes), from)) batches.push(batch)
  return batches
}

/** All records. */
export async function recordsIn<T>(format: Format<T>, bytes: Uint8Array, from?: Json): Promise<T[]> {
  return (await batchesOf(format, bytes, from)).flatMap(batch => batch.records as readonly T[])
}

/** An array's own buffer, as hyparquet wants it. */
export const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer as ArrayBuffer

/** The budget of a property test. */
export const runs = (numRuns: number) => ({ numRuns: numRuns * (process.env.MILLRACE_TEST_LONG ? 20 : 1) })
