import { createReadStream } from 'node:fs'
import { inferSchema, initParser, type Parser } from 'udsv'
import type { Run } from '../case.js'
import type { InputKind } from '../inputs/index.js'
import { tallyOf } from '../inputs/tally.js'

/** uDSV, incrementally, with objects of texts as the others make them. */
export const objectsByUdsv =
  (kind: InputKind): Run =>
  async ({ input }) => {
    const tally = tallyOf(kind)
    let parser: Parser | undefined
    const take = (row: Record<string, string>) => {
      tally.take(row)
      return true
    }
    for await (const chunk of createReadStream(input, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      parser ??= initParser(inferSchema(chunk as string))
      parser.chunk<Record<string, string>>(chunk as string, parser.stringObjs, take)
    }
    parser?.end()
    return tally.done()
  }
