import { definePipeline, from, type RunReport, run, type SqlConnector } from '@millrace/etl-core'
import type { Done } from '../case.js'
import { type Reading, reading, readingAt } from '../readings.js'
import { generatedSource } from './generated-source.js'

/** Made up readings, appended to one table of a database, with their cursor in the same transactions. */
export async function readingsInto(connector: SqlConnector, place: string, table: string, records: number): Promise<Done> {
  const pipeline = definePipeline({
    name: 'readings',
    connectors: [connector],
    build: ({ connect }) =>
      from(generatedSource(records, readingAt)).into(connect.table<Reading>(place, { table, schema: reading })),
  })
  return allOf(await run(pipeline))
}

/** The counts of a run into a table, after making sure that it was everything. */
export function allOf(report: RunReport): Done {
  const { status, counts } = report
  if (status !== 'succeeded' || counts.rejected > 0)
    throw new Error(`The run did not load everything: ${JSON.stringify({ ...report, splits: [] })}`)
  return { recordsIn: counts.read, recordsOut: counts.written, bytesOut: 0 }
}
