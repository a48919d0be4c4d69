import type { Cursor, DecodeOptions, Format, FormatInput, SourceBatch } from '@millrace/etl-core'
import { recordsOf } from '@millrace/etl-core'
import fc from 'fast-check'

/** The budget of property tests: small each day, large when asked for. */
export const numRuns = process.env.MILLRACE_TEST_LONG ? 2_000 : 100

/** Bytes that arrive in pieces of the given sizes, over and over. Pieces are copies that are overwritten once the next one is asked for. */
export function pieces(bytes: Uint8Array | string, sizes: readonly number[], place = 'memory'): FormatInput {
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return {
    place,
    size: all.length,
    async *stream(start = 0) {
      for (let offset = start, index = 0; offset < all.length; index++) {
        const size = sizes[index % sizes.length] as number
        const piece = Buffer.from(all.subarray(offset, offset + size))
        yield piece
        piece.fill(0x7e)
        offset += size
      }
    },
    range: async (start, end) => all.subarray(start, end),
  }
}

export async function batchesOf<T>(
  format: Format<T>,
  input: FormatInput,
  from?: Cursor,
  options?: DecodeOptions,
): Promise<SourceBatch<T>[]> {
  const batches: SourceBatch<T>[] = []
  for await (const batch of format.decode(input, from, options)) batches.push(batch)
  return batches
}

/** The records of all batches, as one list. */
export const allRecords = <T>(batches: readonly SourceBatch<T>[]): T[] => batches.flatMap(batch => [...recordsOf(batch.records)])

/** Everything a test may compare of a batch. */
export const plain = (batch: SourceBatch<unknown>) => {
  const records = recordsOf(batch.records)
  return {
    records,
    cursor: batch.cursor,
    bytes: batch.bytes,
    positions: records.map((_, row) => batch.positionOf?.(row)),
    unreadable: batch.unreadable?.map(({ raw, position, error }) => ({ raw, position, message: error.message })),
  }
}

/** Encodes with unit borders where `ends` says so, and gives the whole object. */
export async function encodeInUnits<T>(
  format: Format<T>,
  batches: readonly (readonly T[])[],
  endsUnit: (batch: number) => boolean,
): Promise<Buffer> {
  const encoder = format.encoder()
  const units: { bytes: Uint8Array[]; records: number; meta?: unknown }[] = []
  let open: { bytes: Uint8Array[]; records: number } = { bytes: [], records: 0 }
  const end = async () => {
    const last = await encoder.end()
    units.push({ bytes: [...open.bytes, ...last.bytes], records: open.records, meta: last.meta })
    open = { bytes: [], records: 0 }
  }
  for (const [index, batch] of batches.entries()) {
    open.bytes.push(...(await encoder.write(batch)))
    open.records += batch.length
    if (open.records > 0 && endsUnit(index)) await end()
  }
  if (open.records > 0) await end()
  const receipts = units.map(({ bytes, records, meta }) => ({
    bytes: Buffer.concat(bytes).length,
    records,
    ...(meta === undefined ? {} : { meta: meta as never }),
  }))
  const { head, between, tail } = format.assemble(receipts)
  return Buffer.concat([head, ...units.flatMap(({ bytes }, index) => (index === 0 ? bytes : [between, ...bytes])), tail])
}

/** Pieces of a list, in order. */
export const cutAt = <V>(items: readonly V[], sizes: readonly number[]): V[][] => {
  const out: V[][] = []
  for (let start = 0, index = 0; start < items.length; index++) {
    const size = sizes[index % sizes.length] as number
    out.push(items.slice(start, start + size))
    start += size
  }
  return out
}

export const someSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

/** Texts that break careless readers: quotes, line ends, delimiters, blanks, emoji, marks. */
export const nastyText = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        '"',
        '""',
        ',',
        ';',
        '\n',
        '\r',
        '\r\n',
        ' ',
        '\t',
        'a',
        '€',
        '😀',
        'ñ',
        '\uFEFF',
        '\u2028',
        '\\',
        '{',
        ']',
        '7',
      ),
      {
        maxLength: 8,
      },
    )
    .map(parts => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
