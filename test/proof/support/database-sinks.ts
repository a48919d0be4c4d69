import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbFile } from '@millrace/duckdb'
import type { TableSinkOptions } from '@millrace/etl-core'
import { testContext, testSplitContext } from '@millrace/etl-testkit/cases'
import { duckdbTable } from '@millrace/sink-duckdb'
import { duckdbRows } from '@millrace/source-duckdb'
import { type Draft, draftSchema, idAndNumber } from './drafts.js'
import type { SinkLine } from './sink-line.js'

const duckdb = (disposition: NonNullable<TableSinkOptions<Draft>['disposition']>): SinkLine => ({
  name: `a DuckDB table, ${disposition}`,
  of: 'sink-duckdb',
  place: 'database',
  async serve() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-db-'))
    const file = join(folder, 'drafts.duckdb')
    return {
      open: () => ({
        sink: duckdbTable<Draft>({
          file,
          table: 'drafts',
          disposition,
          schema: draftSchema,
          ...(disposition === 'merge' ? { key: ['id'] } : {}),
        }),
        state: duckdbFile(file).home.state('crash-test'),
      }),
      read: () => rowsOf(file),
      close: () => rm(folder, { recursive: true, force: true }),
    }
  },
})

async function rowsOf(file: string): Promise<unknown[]> {
  // Of a row that is there twice the key is doubled: that is refused, and a failure as well.
  const source = duckdbRows<Draft>({ file, table: 'drafts', schema: draftSchema, key: ['id'] })
  const { splits } = await source.plan(testContext())
  const records: unknown[] = []
  for (const split of splits) {
    for await (const batch of source.read(split, undefined, testSplitContext({ split })))
      records.push(...(batch.records as readonly Draft[]))
  }
  return records.map(idAndNumber)
}

/** DuckDB, in what a table may do with what is there. */
export const databaseSinks: readonly SinkLine[] = (['append', 'merge', 'replace'] as const).map(duckdb)
