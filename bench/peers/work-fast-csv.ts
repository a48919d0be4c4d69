import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { format, parse } from 'fast-csv'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, valuedFields, valuedIndicator, withMillions } from '../work.js'

/** fast-csv both ways, zod between. */
export const workByFastCsv: Run = async ({ input, records, folder }) => {
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
  const writing = format({ headers: valuedFields, includeEndRowDelimiter: true })
  await pipeline(createReadStream(input), parse({ headers: true }), valued, writing, output)
  return { recordsIn: records, recordsOut, bytesOut: output.bytesWritten, file }
}
