import {
  type Bookmark,
  definePipeline,
  from,
  type Plan,
  recordsOf,
  run,
  type Source,
  type TableSourceOptions,
} from '@millrace/etl-core'
import { memorySink, testContext, testSplitContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { execute, placeAt } from './support/places.js'
import { tempDatabase } from './support/temp.js'

const schema = z.object({ id: column.int64(), at: column.timestamp(3) })
type Row = z.infer<typeof schema>

async function tableOf(count: number): Promise<string> {
  const path = await tempDatabase()
  await execute(
    path,
    'CREATE TABLE rows (id BIGINT, "at" TIMESTAMP)',
    `INSERT INTO rows SELECT i, TIMESTAMP '2026-01-26 13:00:00' + to_seconds(i) FROM range(${count}) t(i)`,
  )
  return path
}

const sourceOf = (path: string, options: Partial<TableSourceOptions<Row>> = {}): Source<Row> =>
  placeAt(path).source({ table: 'rows', schema, key: ['id'], ...options })

const plan = (source: Source<Row>, bookmarks: Readonly<Record<string, Bookmark>> = {}): Promise<Plan> =>
  source.plan(testContext({ bookmarks: new Map(Object.entries(bookmarks)) }))

async function idsOf(source: Source<Row>, { splits }: Plan): Promise<number[][]> {
  const all: number[][] = []
  for (const split of splits) {
    const ids: number[] = []
    for await (const { records } of source.read(split, undefined, testSplitContext({ split })))
      ids.push(...recordsOf(records).map(({ id }) => Number(id)))
    all.push(ids)
  }
  return all
}

describe('rows of a table', () => {
  test('are cut into splits of about the same size, by ranges of the key', async () => {
    const source = sourceOf(await tableOf(10), { splits: 3 })

    expect(await idsOf(source, await plan(source))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8, 9],
    ])
  })

  test('that are fewer than the splits asked for are read all the same', async () => {
    const source = sourceOf(await tableOf(2), { splits: 5 })

    expect((await idsOf(source, await plan(source))).flat()).toEqual([0, 1])
  })

  test('before a time are those before it', async () => {
    const source = sourceOf(await tableOf(10), { before: { column: 'at', value: '2026-01-26T13:00:04Z' } })

    expect(await idsOf(source, await plan(source))).toEqual([[0, 1, 2, 3]])
  })

  test('that are new are those behind the last key that was read', async () => {
    const path = await tableOf(4)
    const source = sourceOf(path, { newOnly: true })
    const first = await plan(source)
    await execute(path, `INSERT INTO rows VALUES (7, now()::TIMESTAMP), (9, now()::TIMESTAMP)`)

    const second = await plan(source, first.bookmarks)

    expect(await idsOf(source, second)).toEqual([[7, 9]])
    expect(await plan(source, second.bookmarks)).toMatchObject({ splits: [], skipped: [{ group: 'rows', reason: 'unchanged' }] })
  })

  test('that come after the plan wait for the next load', async () => {
    const path = await tableOf(4)
    const source = sourceOf(path)
    const planned = await plan(source)
    await execute(path, `INSERT INTO rows VALUES (7, now()::TIMESTAMP)`)

    expect(await idsOf(source, planned)).toEqual([[0, 1, 2, 3]])
  })

  test.each([
    ['changed', 'UPDATE rows SET "at" = "at" + to_seconds(1) WHERE id = 1'],
    ['removed', 'DELETE FROM rows WHERE id = 1'],
    ['added among the others', 'INSERT INTO rows VALUES (2, now()::TIMESTAMP)'],
  ])('that were %s since the plan are planned anew', async (_, sql) => {
    const path = await tableOf(2)
    await execute(path, 'UPDATE rows SET id = id * 4')
    const source = sourceOf(path)
    const planned = await plan(source)
    await execute(path, sql.replace('id = 1', 'id = 4'))

    await expect(idsOf(source, planned)).rejects.toMatchObject({ code: 'ETL_SOURCE_CHANGED' })
  })

  test('are read as they were when reading began, though they change meanwhile', async () => {
    const path = await tableOf(6)
    const source = sourceOf(path, { pageRows: 2 })
    const [split] = (await plan(source)).splits
    if (!split) throw new Error('no split')
    const ids: number[] = []

    for await (const { records } of source.read(split, undefined, testSplitContext({ split }))) {
      ids.push(...recordsOf(records).map(({ id }) => Number(id)))
      await execute(path, 'UPDATE rows SET id = id + 100')
    }

    expect(ids).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('whose keys are not unique are refused, not lost', async () => {
    const path = await tableOf(4)
    await execute(path, 'UPDATE rows SET id = 1 WHERE id = 2')
    const source = sourceOf(path, { pageRows: 2 })
    const planned = await plan(source)

    await expect(idsOf(source, planned)).rejects.toMatchObject({
      code: 'ETL_SOURCE_KEY',
      message: expect.stringContaining('is not unique'),
    })
  })

  test('whose key is null are refused, not passed over', async () => {
    const path = await tableOf(4)
    await execute(path, 'UPDATE rows SET id = NULL WHERE id = 2')

    await expect(plan(sourceOf(path))).rejects.toMatchObject({
      code: 'ETL_SOURCE_KEY',
      message: expect.stringContaining('is null in 1 row'),
    })
  })

  test('may come from a view', async () => {
    const path = await tableOf(4)
    await execute(path, 'CREATE VIEW late AS SELECT * FROM rows WHERE id > 1')
    const source = sourceOf(path, { table: 'late' })

    expect(await idsOf(source, await plan(source))).toEqual([[2, 3]])
  })

  test('of a view cannot be removed, which is told without removing any', async () => {
    const path = await tableOf(4)
    await execute(path, 'CREATE VIEW late AS SELECT * FROM rows WHERE id > 1')
    const check = (options: Partial<TableSourceOptions<Row>>) => sourceOf(path, options).removal?.check?.(testContext())

    await expect(check({ table: 'late' })).rejects.toMatchObject({
      code: 'ETL_SOURCE_REFUSED',
      message: expect.stringMatching(/remove rows of table late.*base table/s),
    })
    await check({ table: 'late', removeFrom: 'rows' })

    const all = sourceOf(path)
    expect(await idsOf(all, await plan(all))).toEqual([[0, 1, 2, 3]])
  })

  test('come back from the JSON of a reject', () => {
    expect(sourceOf('x').revive?.({ id: '9007199254740993', at: '2026-01-26T13:00:00.000Z' })).toEqual({
      id: 9007199254740993n,
      at: '2026-01-26T13:00:00.000Z',
    })
  })

  test('that changed while a run was stopped are planned anew by the next', async () => {
    const path = await tableOf(6)
    const sink = memorySink<Row>({ disposition: 'replace' })
    const state = placeAt(await tempDatabase()).home.state('test')
    const stop = new AbortController()
    const pipeline = definePipeline({
      name: 'test',
      build: () =>
        from(sourceOf(path, { pageRows: 2 }))
          .filter(({ id }) => {
            if (id === 3n) stop.abort()
            return true
          })
          .into(sink),
    })
    const options = { state, flushEvery: { batches: 1, intervalMs: 60_000 } }
    expect((await run(pipeline, undefined, { ...options, signal: stop.signal })).status).toBe('stopped')
    await execute(path, 'UPDATE rows SET id = 50 WHERE id = 0')

    const report = await run(pipeline, undefined, options)

    expect(report.status).toBe('succeeded')
    expect(sink.visible().map(({ id }) => Number(id))).toEqual([1, 2, 3, 4, 5, 50])
  })
})

describe('a table that cannot be read', () => {
  test('is not there', async () => {
    await expect(plan(sourceOf(await tableOf(1), { table: 'other' }))).rejects.toMatchObject({ code: 'ETL_SOURCE_NOT_FOUND' })
  })

  test('is in a file that is not there, and none is made', async () => {
    const { existsSync } = await import('node:fs')
    const path = await tempDatabase()

    await expect(plan(sourceOf(path))).rejects.toMatchObject({ code: 'ETL_SOURCE_NOT_FOUND' })
    expect(existsSync(path)).toBe(false)
  })

  test('is in a file that is no database', async () => {
    const { writeFile } = await import('node:fs/promises')
    const path = await tempDatabase()
    await writeFile(path, 'id,name\n1,a\n'.repeat(1000))

    await expect(plan(sourceOf(path))).rejects.toMatchObject({ code: 'ETL_SOURCE_MALFORMED', retry: 'never' })
  })

  test('has other columns', async () => {
    const path = await tableOf(1)
    await execute(path, 'ALTER TABLE rows ALTER COLUMN "at" TYPE VARCHAR')

    await expect(plan(sourceOf(path))).rejects.toMatchObject({
      code: 'ETL_SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('"at" (timestamp) is stored as VARCHAR'),
    })
  })
})

describe('text that is a key', () => {
  const text = z.object({ key: column.string() })
  const keysOf = async (source: Source<z.infer<typeof text>>) => {
    const keys: string[] = []
    for (const split of (await source.plan(testContext())).splits)
      for await (const { records } of source.read(split, undefined, testSplitContext({ split })))
        keys.push(...recordsOf(records).map(({ key }) => key))
    return keys
  }

  test.each([
    ['an enumeration whose values are declared in another order', `ENUM('z', 'm', 'a', 'k')`, ['a', 'k', 'm', 'z']],
    ['under a collation to which upper and lower case are the same', 'VARCHAR COLLATE NOCASE', ['A', 'Z', 'a', 'b', 'z']],
    [
      'read of a UUID',
      'UUID',
      ['00000000-0000-4000-8000-000000000001', '7fffffff-0000-4000-8000-000000000001', 'ffffffff-0000-4000-8000-000000000001'],
    ],
  ])('%s is read to the last row, over several pages and splits', async (_, type, keys) => {
    const path = await tempDatabase()
    const values = keys.toReversed().map(key => `('${key}')`)
    await execute(path, `CREATE TABLE keys (key ${type})`, `INSERT INTO keys VALUES ${values.join(', ')}`)
    const source = (splits: number) => placeAt(path).source({ table: 'keys', schema: text, key: ['key'], pageRows: 1, splits })

    expect(await keysOf(source(1))).toEqual(keys)
    expect(await keysOf(source(2))).toEqual(keys)
  })

  test('removes no row whose key is the same to a collation only', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE keys (key VARCHAR COLLATE NOCASE)', `INSERT INTO keys VALUES ('a'), ('A')`)
    const source = placeAt(path).source({ table: 'keys', schema: text, key: ['key'] })

    expect(await source.removal?.remove([['a']], testContext())).toBe(1)
    expect(await keysOf(source)).toEqual(['A'])
  })
})
