import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { inferSchema, initParser, type Parser } from 'udsv'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { isKept, type ValuedIndicator, valuedFields, valuedIndicator, withMillions } from '../work.js'
import { lineFile } from './line-file.js'

/** uDSV and zod; it writes no CSV, so lines are put together by hand, as fast as one would without a library. */
export const workByUdsv: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'valued.csv')
  const out = lineFile(file)
  let parser: Parser | undefined
  let recordsOut = 0
  let text = `${valuedFields.join(',')}\n`
  const take = (row: Record<string, string>) => {
    const indicator = row as unknown as Indicator
    if (!isKept(indicator)) return true
    text += lineOf(valuedIndicator.parse(withMillions(indicator)))
    recordsOut++
    return true
  }
  for await (const chunk of createReadStream(input, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    parser ??= initParser(inferSchema(chunk as string))
    parser.chunk<Record<string, string>>(chunk as string, parser.stringObjs, take)
    await out.write(text)
    text = ''
  }
  parser?.end()
  await out.write(text)
  return { recordsIn: records, recordsOut, bytesOut: await out.end(), file }
}

const special = /[",\r\n]/
const field = (text: string) => (special.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const lineOf = (row: ValuedIndicator) =>
  `${field(row.iso3)},${field(row.country)},${field(row.indicator)},${row.year},${row.value},${field(row.unit)},${field(row.lastupdated)},${row.value_m}\n`
