import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, valuedFields, valuedIndicator, withMillions } from '../work.js'

/** What one writes without Millrace: csv-parse, one Transform with zod in it, csv-stringify, under `pipeline()`. */
export const workByCsvParse: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'valued.csv')
  let recordsOut = 0
  const valued = new Transform({
    objectMode: true,
    transform(row: Indicator, _encoding, done) {
      if (!isKept(row)) return done()
      const checked = valuedIndicator.safeParse(withMillions(row))
      if (!checked.success) return done(checked.error)
      recordsOut++
      done(null, checked.data)
    },
  })
  const output = createWriteStream(file)
  await pipeline(
    createReadStream(input),
    parse({ columns: true }),
    valued,
    stringify({ header: true, columns: valuedFields }),
    output,
  )
  return { recordsIn: records, recordsOut, bytesOut: output.bytesWritten, file }
}
