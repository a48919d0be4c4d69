import type { Sink, TableSinkOptions } from '@millrace/etl-core'
import { testContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { load, ready } from './support/loads.js'
import { execute, placeAt, query } from './support/places.js'
import { tempDatabase } from './support/temp.js'

const schema = z.object({ id: column.int32(), 'odd "name"': column.string().nullable() })
type Row = z.infer<typeof schema>
const row = (id: number): Row => ({ id, 'odd "name"': 'ñ 🌱' })

const sinkAt = (path: string, options: TableSinkOptions<Row> = { table: 'rows' }): Sink<Row> =>
  ready(placeAt(path).table(options), schema)

describe('a table that is there', () => {
  test('is written when it fits, and columns that the database fills are left to it', async () => {
    const path = await tempDatabase()
    await execute(
      path,
      `CREATE TABLE rows (id INTEGER NOT NULL, "ODD ""name""" VARCHAR, at TIMESTAMP DEFAULT now())`.replace(' at ', ' "at" '),
    )

    await load(sinkAt(path), [[row(1)]])

    expect(await query(path, 'SELECT id, "at" IS NOT NULL AS at FROM rows')).toEqual([{ id: 1, at: true }])
  })

  test('grows by nullable columns, and keeps its rows', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE rows (id INTEGER NOT NULL)', 'INSERT INTO rows VALUES (0)')

    await load(sinkAt(path), [[row(1)]])

    expect(await query(path, 'SELECT * FROM rows ORDER BY id')).toEqual([
      { id: 0, 'odd "name"': null },
      { id: 1, 'odd "name"': 'ñ 🌱' },
    ])
  })

  test.each([
    ['of another type', 'id VARCHAR NOT NULL', 'ALTER TABLE "main"."rows" ALTER COLUMN "id" TYPE INTEGER'],
    ['that takes no null', 'id INTEGER NOT NULL, "odd ""name""" VARCHAR NOT NULL', 'ALTER COLUMN "odd ""name""" DROP NOT NULL'],
    ['that records do not have', 'id INTEGER NOT NULL, more VARCHAR', 'ALTER TABLE "main"."rows" DROP COLUMN "more"'],
    ['that is missing and takes no null', '"odd ""name""" VARCHAR', 'ADD COLUMN "id" INTEGER'],
  ])('with a column %s is refused before anything is written, with the statement', async (_, columns, statement) => {
    const path = await tempDatabase()
    await execute(path, `CREATE TABLE rows (${columns})`)
    const sink = sinkAt(path)

    const refused = expect.objectContaining({ code: 'ETL_SCHEMA_INCOMPATIBLE', message: expect.stringContaining(statement) })
    await expect(sink.survey?.([{ id: 'a', params: null }], testContext())).rejects.toEqual(refused)
    await expect(load(sink, [[row(1)]])).rejects.toEqual(refused)

    expect(await query(path, `SELECT count(*) AS n FROM duckdb_tables() WHERE table_name <> 'rows'`)).toEqual([{ n: '0' }])
  })

  test('takes the statements that the refusal names', async () => {
    const path = await tempDatabase()
    const options = { table: 'odd "rows"', disposition: 'merge', key: ['id'] } as const
    await execute(path, 'CREATE TABLE "odd ""rows""" (id VARCHAR NOT NULL, more INTEGER)')
    const refusal: Error = await load(sinkAt(path, options), [[row(1)]]).then(
      () => new Error('nothing was refused'),
      error => error,
    )
    const statements = /if that is what you want: (.*);$/s.exec(refusal.message)?.[1]?.split('; ') as string[]
    expect(statements).toHaveLength(3)

    await execute(path, ...statements)
    await load(sinkAt(path, options), [[row(1), row(1)]])

    expect(await query(path, 'SELECT count(*) AS n FROM "odd ""rows"""')).toEqual([{ n: '1' }])
  })

  test('cannot be called like a view', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE VIEW rows AS SELECT 1 AS id')

    await expect(load(sinkAt(path), [[row(1)]])).rejects.toMatchObject({
      code: 'ETL_SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('a view is called "rows"'),
    })
  })

  test('without ids of its own cannot be referred to', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE a (a_id BIGINT NOT NULL, id INTEGER NOT NULL, UNIQUE (id))')
    const tables = { a: { columns: { id: 'id' }, key: ['id'] }, b: { references: { a_id: 'a' }, key: ['a_id'] } } as const

    await expect(load(ready(placeAt(path).tables<Row>({ tables }), schema), [[row(1)]])).rejects.toThrow(
      'is given no value by the database',
    )
  })
})

describe('a table with constraints of its own', () => {
  const make = `CREATE TABLE rows (id INTEGER NOT NULL, "odd ""name""" VARCHAR, CHECK (id % 10 <> 3), UNIQUE (id))`

  test('rejects the rows it refuses, and takes the others', async () => {
    const path = await tempDatabase()
    await execute(path, make)

    const rejected = await load(sinkAt(path), [[0, 1, 2, 3, 1, 5].map(row), [], [13, 2].map(row), [7].map(row)])

    expect(rejected).toEqual([
      [0, 3, 'ETL_RECORD_REFUSED'],
      [0, 4, 'ETL_RECORD_REFUSED'],
      [2, 0, 'ETL_RECORD_REFUSED'],
      [2, 1, 'ETL_RECORD_REFUSED'],
    ])
    expect(await query(path, 'SELECT id FROM rows ORDER BY id')).toEqual([0, 1, 2, 5, 7].map(id => ({ id })))
  })

  test('names the right rows of a batch that has other rejects', async () => {
    const path = await tempDatabase()
    await execute(path, make)
    const broken = { id: 'x' } as unknown as Row

    const rejected = await load(sinkAt(path), [[broken, row(3), row(4), broken, row(13)]])

    expect(rejected).toEqual([
      [0, 0, 'ETL_RECORD_INVALID'],
      [0, 1, 'ETL_RECORD_REFUSED'],
      [0, 3, 'ETL_RECORD_INVALID'],
      [0, 4, 'ETL_RECORD_REFUSED'],
    ])
  })

  test('that were added while rows were on their way: the split is tried again, batch by batch', async () => {
    const path = await tempDatabase()
    const sink = sinkAt(path)
    await load(sink, [[row(1)]])
    await execute(path, 'CREATE UNIQUE INDEX only_once ON rows (id)')

    await expect(load(sink, [[row(1)], [row(2)]])).rejects.toMatchObject({ code: 'ETL_SINK_REFUSED', retry: 'later' })
    const rejected = await load(sink, [[row(1)], [row(2)]])

    expect(rejected).toEqual([[0, 0, 'ETL_RECORD_REFUSED']])
    expect(await query(path, 'SELECT id FROM rows ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  })
})
