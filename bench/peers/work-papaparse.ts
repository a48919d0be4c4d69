import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import papa from 'papaparse'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, type ValuedIndicator, valuedFields, valuedIndicator, withMillions } from '../work.js'
import { lineFile } from './line-file.js'

/** papaparse both ways, chunk by chunk, zod between. */
export const workByPapaparse: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'valued.csv')
  const out = lineFile(file)
  const source = createReadStream(input, { encoding: 'utf8', highWaterMark: 256 * 1024 })
  let recordsOut = 0
  await out.write(`${valuedFields.join(',')}\n`)
  const takeChunk = async (data: readonly Indicator[]) => {
    const valued = checked(data)
    recordsOut += valued.length
    if (valued.length === 0) return
    source.pause()
    await out.write(`${papa.unparse(valued, { columns: [...valuedFields], header: false, newline: '\n' })}\n`)
    source.resume()
  }
  await new Promise<void>((done, failed) => {
    papa.parse<Indicator>(source, {
      header: true,
      skipEmptyLines: true,
      chunk: ({ data }) => void takeChunk(data).catch(failed),
      complete: () => done(),
      error: failed,
    })
  })
  return { recordsIn: records, recordsOut, bytesOut: await out.end(), file }
}

function checked(rows: readonly Indicator[]): ValuedIndicator[] {
  const valued: ValuedIndicator[] = []
  for (const row of rows) if (isKept(row)) valued.push(valuedIndicator.parse(withMillions(row)))
  return valued
}
