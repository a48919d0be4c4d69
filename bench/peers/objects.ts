import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import type { Run } from '../case.js'
import type { InputKind } from '../inputs/index.js'
import { tallyOf } from '../inputs/tally.js'

type Row = Record<string, string>

/** csv-parse, its stream read to the end. */
export const objectsByCsvParse =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    const taking = new Writable({
      objectMode: true,
      write(row: Row, _encoding, done) {
        tally.take(row)
        done()
      },
    })
    await pipeline(createReadStream(input), parse({ columns: true }), taking)
    return tally.done()
  }

/** Lines by readline, each through JSON.parse. */
export const objectsByReadline =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    const lines = createInterface({ input: createReadStream(input), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) tally.take(JSON.parse(line) as Row)
    return tally.done()
  }
