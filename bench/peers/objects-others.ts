import { createReadStream } from 'node:fs'
import csvParser from 'csv-parser'
import { parse as fastCsv } from 'fast-csv'
import type { Run } from '../case.js'
import type { InputKind } from '../inputs/index.js'
import { tallyOf } from '../inputs/tally.js'

/** csv-parser. */
export const objectsByCsvParser =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    for await (const row of createReadStream(input).pipe(csvParser())) tally.take(row as Record<string, string>)
    return tally.done()
  }

/** fast-csv. */
export const objectsByFastCsv =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    for await (const row of createReadStream(input).pipe(fastCsv({ headers: true }))) tally.take(row as Record<string, string>)
    return tally.done()
  }
