import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, valuedFields, valuedIndicator, withMillions } from '../work.js'
import { fromMore } from './more.js'

/** As much of the package etl as is used here. */
interface Etl {
  csv(): NodeJS.ReadWriteStream
  map(make: (row: Indicator) => unknown): NodeJS.ReadWriteStream
}

/** etl: its own CSV reader and `map`; csv-stringify writes, as it has nothing that does. */
export const workByEtl: Run = async ({ input, records, folder }) => {
  const { default: etl } = await fromMore<{ default: Etl }>('etl')
  const file = join(folder, 'valued.csv')
  let recordsOut = 0
  const output = createWriteStream(file)
  createReadStream(input)
    .pipe(etl.csv())
    .pipe(
      etl.map(row => {
        if (!isKept(row)) return undefined
        recordsOut++
        return valuedIndicator.parse(withMillions(row))
      }),
    )
    .pipe(stringify({ header: true, columns: valuedFields }))
    .pipe(output)
  await finished(output)
  return { recordsIn: records, recordsOut, bytesOut: output.bytesWritten, file }
}
