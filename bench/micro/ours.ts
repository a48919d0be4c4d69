import { type Format, recordsOf } from '@millrace/etl-core'
import { bytesInput, csv, ndjson } from '@millrace/formats'
import type { Indicator } from '../inputs/indicators.js'
import type { Loop } from './micro-case.js'
import { indicatorBytes, indicators } from './texts.js'

const decoding = async (format: Format<Indicator>): Promise<Loop> => {
  const input = bytesInput(await indicatorBytes(format))
  return async () => {
    let rows = 0
    for await (const batch of format.decode(input, undefined)) rows += recordsOf(batch.records).length
    return rows
  }
}

/** CSV to objects, from memory. */
export const csvDecoding = (): Promise<Loop> => decoding(csv<Indicator>())

/** NDJSON to objects, from memory. */
export const ndjsonDecoding = (): Promise<Loop> => decoding(ndjson<Indicator>())

/** Objects to CSV, a thousand at a time, into memory. */
export async function csvEncoding(): Promise<Loop> {
  const rows = indicators()
  const format = csv<Indicator>()
  return async () => {
    const encoder = format.encoder()
    for (let at = 0; at < rows.length; at += 1000) await encoder.write(rows.slice(at, at + 1000))
    await encoder.end()
    return rows.length
  }
}
