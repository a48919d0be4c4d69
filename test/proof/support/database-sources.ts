import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit/cases'
import { duckdbTable } from '@millrace/sink-duckdb'
import { duckdbRows } from '@millrace/source-duckdb'
import { type Draft, draftSchema } from './drafts.js'
import { asDraft, type SourceLine } from './source-line.js'

/** A table is one group, cut into as many splits as there are. It has the types of its columns: every row can be read. */
export const duckdbSource: SourceLine = {
  name: 'a DuckDB table',
  of: 'source-duckdb',
  async serve(drafts) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-from-'))
    const table = { file: join(folder, 'drafts.duckdb'), table: 'drafts' }
    const splits = Object.values(drafts).flatMap(of => Object.values(of))
    const filling = () =>
      from(arraySource<Draft>({ splits: { all: splits.flat() } })).into(duckdbTable({ ...table, schema: draftSchema }))
    await run(definePipeline({ name: 'filling', build: filling }))
    return {
      open: () => duckdbRows({ ...table, schema: draftSchema, key: ['id'], pageRows: 2, splits: splits.length }),
      draftOf: asDraft,
      close: () => rm(folder, { recursive: true, force: true }),
    }
  },
}
