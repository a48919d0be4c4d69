import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, DuckDBTimestampMillisecondsValue } from '@duckdb/node-api'
import type { Run } from '../case.js'
import { duckdbSum } from '../duckdb-sum.js'
import { readingAt } from '../readings.js'

const make =
  'CREATE TABLE readings (reading_id INTEGER NOT NULL, plant VARCHAR NOT NULL, taken TIMESTAMP_MS NOT NULL, moisture DOUBLE NOT NULL, temperature DOUBLE)'
const rowsPerFlush = 10_000

/** What one writes without Millrace: DuckDB's own appender, in one go. No checks, no cursor, no rejects, no resume. */
export const duckdbAppender: Run = async ({ records, folder }) => {
  const file = join(folder, 'readings.duckdb')
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  await connection.run(make)
  const appender = await connection.createAppender('readings')
  for (let at = 0; at < records; at++) {
    const { reading_id, plant, taken, moisture, temperature } = readingAt(at)
    appender.appendInteger(reading_id)
    appender.appendVarchar(plant)
    appender.appendTimestampMilliseconds(new DuckDBTimestampMillisecondsValue(BigInt(Date.parse(taken))))
    appender.appendDouble(moisture)
    if (temperature === null) appender.appendNull()
    else appender.appendDouble(temperature)
    appender.endRow()
    if (at % rowsPerFlush === rowsPerFlush - 1) appender.flushSync()
  }
  appender.closeSync()
  connection.closeSync()
  instance.closeSync()
  return { recordsIn: records, recordsOut: records, bytesOut: (await stat(file)).size, sum: () => duckdbSum(file) }
}
