import { existsSync } from 'node:fs'
import { definePipeline, from, run, type SourceBatch, tee } from '@millrace/etl-core'
import { arraySource, testSplitContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { duckdb } from '../src/index.js'
import { load, ready } from './support/loads.js'
import { execute, placeAt, query } from './support/places.js'
import { tempDatabase } from './support/temp.js'

const schema = z.object({ id: column.int32(), name: column.string() })
type Row = z.infer<typeof schema>
const rows = (...ids: readonly number[]): Row[] => ids.map(id => ({ id, name: `plant ${id}` }))

describe('a pipeline into a DuckDB file', () => {
  const pipeline = (
    path: string,
    batches: readonly (readonly Row[])[],
    disposition: 'append' | 'merge' | 'replace',
    name = 'plants',
  ) =>
    definePipeline({
      name,
      connectors: [duckdb],
      build: ({ connect }) =>
        from(arraySource<Row>({ splits: { a: batches.flat() }, group: 'all' }))
          .validate(schema)
          .into(
            connect.table(`duckdb:${path}`, {
              table: 'plants',
              disposition,
              ...(disposition === 'merge' && { key: ['id'] as const }),
            }),
          ),
    })
  const ids = async (path: string) => (await query(path, 'SELECT id FROM plants ORDER BY id')).map(({ id }) => id)

  test('is exactly once in effect, whatever it does with what was there', async () => {
    for (const disposition of ['append', 'merge', 'replace'] as const) {
      const report = await run(pipeline(await tempDatabase(), [rows(1)], disposition))

      expect(report).toMatchObject({ status: 'succeeded', guarantee: { delivery: 'exactly once', survivesStop: true } })
    }
  })

  test('keeps its state, its rejects and its rows in that file', async () => {
    const path = await tempDatabase()
    const bad = [{ id: 1.5, name: 'half a plant' }, ...rows(2)]

    const report = await run(pipeline(path, [bad], 'append'))

    expect(report).toMatchObject({ state: `duckdb:${path}`, counts: { written: 1, rejected: 1 } })
    expect(await ids(path)).toEqual([2])
    expect((await query(path, `SELECT count(*) AS n FROM _millrace_state WHERE key LIKE 'rejects/%'`))[0]).toEqual({ n: '1' })
  })

  test('two fresh runs append twice, merge once, and replace', async () => {
    const seen: Record<string, unknown> = {}
    for (const disposition of ['append', 'merge', 'replace'] as const) {
      const path = await tempDatabase()
      await run(pipeline(path, [rows(1, 2)], disposition))
      await run(pipeline(path, [rows(2, 3)], disposition))
      seen[disposition] = await ids(path)
    }

    expect(seen).toEqual({ append: [1, 2, 2, 3], merge: [1, 2, 3], replace: [2, 3] })
  })

  test('keeps nothing of finished loads but that they are done', async () => {
    const path = await tempDatabase()
    for (let count = 0; count < 3; count++) await run(pipeline(path, [rows(count)], 'replace'))

    const tables = await query(path, `SELECT table_name AS name FROM duckdb_tables() WHERE table_name LIKE '%staged%'`)
    const [counts] = await query(
      path,
      'SELECT (SELECT count(*) FROM _millrace_splits) AS splits, (SELECT count(*) FROM _millrace_groups) AS groups',
    )

    expect({ tables, counts }).toEqual({ tables: [], counts: { splits: '0', groups: '1' } })
  })

  test('pipelines share a table, and a group of one does not touch the other’s', async () => {
    const path = await tempDatabase()
    await run(pipeline(path, [rows(1)], 'merge', 'one'))
    await run(pipeline(path, [rows(1, 2)], 'merge', 'other'))

    expect(await ids(path)).toEqual([1, 2])
  })

  test('that finds nothing new changes nothing in the file', async () => {
    const { readFile, stat } = await import('node:fs/promises')
    const path = await tempDatabase()
    const contents = async () => ({ bytes: (await readFile(path)).toString('latin1'), mtimeMs: (await stat(path)).mtimeMs })
    const pipeline = definePipeline({
      name: 'plants',
      build: () =>
        from(arraySource<Row>({ splits: { a: rows(1) }, bookmark: 'seen' })).into(
          placeAt(path).table<Row>({ table: 'plants', disposition: 'replace', schema }),
        ),
    })
    await run(pipeline)
    const closed = () => vi.waitFor(() => expect(existsSync(`${path}.wal`)).toBe(false))
    await closed()
    const before = await contents()

    const report = await run(pipeline)

    await closed()
    expect(report.status).toBe('unchanged')
    expect((await contents()).mtimeMs).toBe(before.mtimeMs)
    // Not printed when they differ.
    expect((await contents()).bytes === before.bytes).toBe(true)
  })

  test('notices that a replaced group is gone, and loads it anew', async () => {
    const path = await tempDatabase()
    const pipeline = definePipeline({
      name: 'plants',
      build: () =>
        from(arraySource<Row>({ splits: { a: rows(1, 2) }, bookmark: 'seen' })).into(
          placeAt(path).table<Row>({ table: 'plants', disposition: 'replace', schema }),
        ),
    })
    await run(pipeline)
    await execute(path, 'DELETE FROM plants WHERE id = 1')

    const report = await run(pipeline)

    expect(report.status).toBe('succeeded')
    expect(await ids(path)).toEqual([1, 2])
  })

  test('may write to two tables of one file at once', async () => {
    const path = await tempDatabase()
    const sink = tee(
      placeAt(path).table<Row>({ table: 'plants', disposition: 'merge', key: ['id'], schema }),
      placeAt(path).table<Row>({ table: 'names', schema }),
    )

    const report = await run(
      definePipeline({ name: 'both', build: () => from(arraySource<Row>({ splits: { a: rows(1, 2, 1) } })).into(sink) }),
    )

    expect(report.status).toBe('succeeded')
    expect(await ids(path)).toEqual([1, 2])
    expect(await query(path, 'SELECT count(*) AS n FROM names')).toEqual([{ n: '3' }])
  })

  test('says what it writes where', async () => {
    const { explain } = pipeline('x.duckdb', [], 'replace').build({})

    expect(explain()).toMatchObject({
      sink: 'duckdb',
      writes: 'duckdb:x.duckdb, table plants, replaced group by group',
      state: 'duckdb:x.duckdb',
    })
  })
})

describe('a writer', () => {
  const batch = (batchNo: number, records: readonly Row[]) => ({
    id: String(batchNo),
    checkpoint: { batchNo, cursor: batchNo },
    rows: { length: records.length, toArray: () => records },
    rawOf: (row: number) => row,
  })
  const opened = async (path: string, rereads: 'same' | 'mayDiffer', epoch: number) => {
    const sink = placeAt(path).table<Row>({ table: 'plants', schema })
    sink.prepare?.({ pipeline: 'test', source: { resumable: true, rereads } })
    return sink.open(testSplitContext({ load: { loadId: 'load-1', startedAtMs: 1, attempt: epoch, epoch } }))
  }
  const count = async (path: string) => Number((await query(path, 'SELECT count(*) AS n FROM plants'))[0]?.n)

  test('puts small batches into one transaction, and keeps a large one with the next', async () => {
    const path = await tempDatabase()
    const writer = await opened(path, 'same', 1)

    await writer.write(batch(1, rows(1, 2)))
    await writer.write(batch(2, rows(...Array.from({ length: 20_000 }, (_, id) => id))))
    expect(await count(path)).toBe(0)
    await writer.write(batch(3, rows(3)))
    expect(await count(path)).toBe(20_002)
    expect(await writer.flush()).toEqual({ batchNo: 3, cursor: 3 })
    expect(await count(path)).toBe(20_003)
    await writer.abort(new Error('the test is over'))
  })

  test('passes over a batch that comes again, and names its rejects again', async () => {
    const path = await tempDatabase()
    const bad = { id: 'x' } as unknown as Row
    const first = await opened(path, 'same', 1)
    await first.write(batch(1, [...rows(1), bad]))
    await first.flush()
    await first.suspend()
    const second = await opened(path, 'same', 2)

    const { rejected } = await second.write(batch(1, [...rows(1), bad]))

    expect(rejected?.map(({ row }) => row)).toEqual([1])
    await second.write(batch(2, rows(2)))
    await second.commit()
    expect(await count(path)).toBe(2)
  })

  test('names rows again that a table with constraints of its own refused', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE plants (id INTEGER NOT NULL CHECK (id < 10), name VARCHAR NOT NULL)')
    const first = await opened(path, 'same', 1)
    await first.write(batch(1, rows(1, 11, 2)))
    await first.flush()
    await first.suspend()
    const second = await opened(path, 'same', 2)

    const { rejected } = await second.write(batch(1, rows(1, 11, 2)))

    expect(rejected?.map(({ row, error }) => [row, error.code])).toEqual([[1, 'ETL_RECORD_REFUSED']])
    await second.commit()
    expect(await count(path)).toBe(2)
  })

  test('writes again what may be another batch by now', async () => {
    const path = await tempDatabase()
    const first = await opened(path, 'mayDiffer', 1)
    await first.write(batch(1, rows(1)))
    await first.flush()
    await first.suspend()
    const second = await opened(path, 'mayDiffer', 2)

    await second.write(batch(1, rows(2)))
    await second.commit()

    expect((await query(path, 'SELECT id FROM plants ORDER BY id')).map(({ id }) => id)).toEqual([1, 2])
  })

  test('of a source that gives other records the second time replaces what it staged before', async () => {
    const path = await tempDatabase()
    let reads = 0
    const fickle = {
      name: 'fickle',
      capabilities: { resumable: false, rereads: 'mayDiffer' as const },
      plan: async () => ({ splits: [{ id: 'a', params: null }] }),
      async *read(): AsyncGenerator<SourceBatch<Row>> {
        reads++
        yield { records: rows(reads * 10, reads * 10 + 1), cursor: 1 }
        if (reads === 1) throw Object.assign(new Error('away'), { name: 'SyntaxError' })
        yield { records: rows(reads * 10 + 2), cursor: 2 }
      },
    }
    const replacing = () =>
      run(
        definePipeline({
          name: 'fickle',
          build: () => from(fickle).into(placeAt(path).table<Row>({ table: 'plants', disposition: 'replace', schema })),
        }),
        undefined,
        { flushEvery: { batches: 1, intervalMs: 60_000 } },
      )
    await replacing()

    const report = await replacing()

    expect(report.status).toBe('succeeded')
    expect((await query(path, 'SELECT id FROM plants ORDER BY id')).map(({ id }) => id)).toEqual([20, 21, 22])
  })
})

describe('a replaced group', () => {
  test('is not put over one that another load has published since', async () => {
    const path = await tempDatabase()
    const sink = () => ready(placeAt(path).table<Row>({ table: 'plants', disposition: 'replace' }), schema)
    const late = sink()
    const ctx = testSplitContext({
      load: { loadId: 'late', startedAtMs: 1, attempt: 1, epoch: 1 },
      split: { id: 'split-1', params: null, group: 'all' },
    })
    const found = await late.survey?.([ctx.split], ctx)
    const writer = await late.open(ctx)
    const receipt = await writer.commit()
    await load(sink(), [rows(1, 2)])

    const publishing = late.publish?.({ name: 'all', receipts: [{ split: ctx.split, receipt }], found: found ?? null }, ctx)

    await expect(publishing).rejects.toMatchObject({ code: 'ETL_SINK_CONFLICT', retry: 'never' })
    expect(await query(path, 'SELECT id FROM plants ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('holds the batches before one that comes again, and of that one what came last', async () => {
    const path = await tempDatabase()
    const sink = ready(placeAt(path).table<Row>({ table: 'plants', disposition: 'replace' }), schema)
    const ctx = testSplitContext()
    const batch = (batchNo: number, records: readonly Row[]) => ({
      id: String(batchNo),
      checkpoint: { batchNo, cursor: batchNo },
      rows: { length: records.length, toArray: () => records },
      rawOf: () => null,
    })
    const first = await sink.open(ctx)
    for (const [batchNo, id] of [
      [1, 10],
      [2, 20],
      [3, 30],
    ] as const) {
      await first.write(batch(batchNo, rows(id)))
      await first.flush()
    }
    await first.abort(new Error('another sink of the tee failed'))
    const second = await sink.open(ctx)
    await second.write(batch(2, rows(21)))

    const receipt = await second.commit()
    await sink.publish?.({ name: 'all', receipts: [{ split: ctx.split, receipt }] }, ctx)

    expect(await query(path, 'SELECT id FROM plants ORDER BY id')).toEqual([{ id: 10 }, { id: 21 }])
  })

  test('keeps its name in the column that is asked for', async () => {
    const path = await tempDatabase()

    await load(ready(placeAt(path).table<Row>({ table: 'plants', disposition: 'replace', groupColumn: 'the "group"' }), schema), [
      rows(1),
    ])

    expect(await query(path, 'SELECT "the ""group""" AS g FROM plants')).toEqual([{ g: 'all' }])
  })
})
