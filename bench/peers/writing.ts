import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import { format } from 'fast-csv'
import papa from 'papaparse'
import type { Run } from '../case.js'
import { type TypedIndicator, typedIndicatorAt } from '../inputs/indicators.js'
import { batchesFrom, poolOf } from '../inputs/pool.js'
import { lineFile } from './line-file.js'

const fields = Object.keys(typedIndicatorAt(0))

function* rowsFrom(records: number): Generator<TypedIndicator> {
  for (const batch of batchesFrom(poolOf(typedIndicatorAt), records)) yield* batch
}

/** csv-stringify as a stream. */
export const writingByCsvStringify: Run = async ({ records, folder }) => {
  const file = join(folder, 'written.csv')
  const output = createWriteStream(file)
  await pipeline(Readable.from(rowsFrom(records)), stringify({ header: true, columns: fields }), output)
  return { recordsIn: records, recordsOut: records, bytesOut: output.bytesWritten, file }
}

/** fast-csv as a stream. */
export const writingByFastCsv: Run = async ({ records, folder }) => {
  const file = join(folder, 'written.csv')
  const output = createWriteStream(file)
  await pipeline(Readable.from(rowsFrom(records)), format({ headers: fields, includeEndRowDelimiter: true }), output)
  return { recordsIn: records, recordsOut: records, bytesOut: output.bytesWritten, file }
}

/** papaparse, a thousand rows at a time. */
export const writingByPapaparse: Run = async ({ records, folder }) => {
  const file = join(folder, 'written.csv')
  const out = lineFile(file)
  await out.write(`${fields.join(',')}\n`)
  for (const batch of batchesFrom(poolOf(typedIndicatorAt), records))
    await out.write(`${papa.unparse([...batch], { columns: fields, header: false, newline: '\n' })}\n`)
  return { recordsIn: records, recordsOut: records, bytesOut: await out.end(), file }
}
