import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { definePipeline, type Format, from, memoryState, move, run } from '@millrace/etl-core'
import { describeCases, type MoveSuite, type MoveWorld, moveCases } from '@millrace/etl-testkit'
import { csv, parquet } from '@millrace/formats'
import { folderStore, objectSink, stateOver } from '@millrace/objects'
import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { execute, placeAt, query } from './support/places.js'
import { newFolder } from './support/temp.js'

const schema = z.object({
  id: column.int64(),
  taken_at: column.timestamp(6),
  moisture: column.float64().nullable(),
  price: column.decimal(18, 4),
  note: column.string(),
})
type Reading = z.infer<typeof schema>

const long = process.env.MILLRACE_TEST_LONG !== undefined

const notes = ['Dragon tree,', 'a "quoted" one', 'line\nbreak', 'Côte d’Ivoire 🌱', '']
const readingOf = (i: number): Reading => ({
  id: 9007199254740993n + BigInt(i),
  taken_at: `2026-01-26T13:00:00.70300${i}Z`,
  moisture: i % 3 === 0 ? null : i / 3,
  price: `${i}.5000`,
  note: notes[i % notes.length] as string,
})

/** The values of a query in the form ours have. */
const columns = `CAST(id AS VARCHAR) AS id, strftime(CAST(taken_at AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%fZ') AS taken_at,
  CAST(moisture AS DOUBLE) AS moisture, CAST(CAST(price AS DECIMAL(18,4)) AS VARCHAR) AS price, note`
const asReading = (row: Record<string, unknown>): Reading => ({ ...(row as unknown as Reading), id: BigInt(row.id as string) })

const sqlText = (value: string) => `'${value.replaceAll("'", "''")}'`
const rowSql = ({ id, taken_at, moisture, price, note }: Reading) =>
  `(${id}, ${sqlText(taken_at.slice(0, -1))}, ${moisture}, ${price}, ${sqlText(note)})`

/** Someone else who reads the folder. */
const reading = DuckDBInstance.create(':memory:').then(instance => instance.connect())

interface World extends MoveWorld<Reading> {
  close(): Promise<void>
}

type Moment = Parameters<NonNullable<MoveSuite<Reading>['only']>>[0]

/** Where a row is in both places. */
const onTheWay = ({ call }: Moment) => ['publish', 'readBack', 'remove'].includes(call.name)
/** Whatever happens at a call that only reads has happened at the one before it. */
const changing = ({ call }: Moment) => !['get', 'head', 'list', 'load'].includes(call.name)

/** From a DuckDB file into a folder, which DuckDB itself reads. */
function intoFolder(
  format: () => Format<Reading>,
  extension: string,
  readAll: (files: string) => string,
): MoveSuite<Reading, World> {
  return {
    record: readingOf,
    tampers: true,
    young: i => ({ ...readingOf(i), taken_at: `2026-01-27T13:00:00.70300${i}Z` }),
    steps: flow => flow.validate(schema),
    // Every point is several runs against a file.
    ...(long ? { only: changing } : { only: onTheWay, maxPoints: 2, kinds: extension === 'csv' ? [] : ['crash', 'pause'] }),
    async open() {
      const { path, remove } = await newFolder()
      const [file, archive] = [join(path, 'plants.duckdb'), join(path, 'archive')]
      await execute(
        file,
        'CREATE TABLE readings (id BIGINT, taken_at TIMESTAMP, moisture DOUBLE, price DECIMAL(18,4), note VARCHAR)',
      )
      const remembered = memoryState()
      let cutOff = '2026-01-27T00:00:00Z'
      return {
        open: ({ objects }) => {
          const store = objects(folderStore(archive))
          const options = { table: 'readings', schema, key: ['id' as const], pageRows: 2 }
          return {
            source: placeAt(file).source<Reading>({ ...options, before: { column: 'taken_at', value: cutOff } }),
            sink: objectSink<Reading>({
              store: () => store,
              shown: 'file:archive',
              format: format(),
              path: 'readings',
              layout: 'append',
            }),
            // Every document is a file that is synced; by day that is left to others.
            state: long ? stateOver(store, '_millrace/state') : remembered,
          }
        },
        add: rows => execute(file, `INSERT INTO readings VALUES ${rows.map(rowSql).join(', ')}`),
        left: async () => (await query(file, `SELECT ${columns} FROM readings ORDER BY id`)).map(asReading),
        async moved() {
          if (!existsSync(join(archive, 'readings'))) return []
          const files = sqlText(join(archive, `readings/**/*.${extension}`))
          const reader = await (await reading).runAndReadAll(`SELECT ${columns} FROM ${readAll(files)}`)
          return reader.getRowObjectsJson().map(asReading)
        },
        async tamper() {
          for (const name of readdirSync(join(archive, 'readings'))) {
            const one = sqlText(join(archive, 'readings', name))
            await (await reading).run(
              `COPY (SELECT * REPLACE ('another' AS note) FROM ${readAll(one)}) TO ${one} (FORMAT ${extension})`,
            )
          }
        },
        age: () => {
          cutOff = '2026-01-28T00:00:00Z'
        },
        close: remove,
      }
    },
  }
}

test('a row that changes while it is moved stays where the key has the column that tells', async () => {
  const { path, remove } = await newFolder()
  const file = join(path, 'plants.duckdb')
  const changing = z.object({ id: column.int64(), changed_at: column.timestamp(3) })
  await execute(
    file,
    'CREATE TABLE plants (id BIGINT, changed_at TIMESTAMP)',
    "INSERT INTO plants SELECT i, TIMESTAMP '2026-01-26 13:00:00' FROM range(3) t(i)",
  )
  const store = folderStore(join(path, 'archive'))
  const pipeline = definePipeline({
    name: 'plants-out',
    build: () =>
      move(
        from(placeAt(file).source({ table: 'plants', schema: changing, key: ['id', 'changed_at'] }))
          .eachAsync(async plant => {
            if (plant.id === 2n) await execute(file, "UPDATE plants SET changed_at = '2026-01-26 14:00:00' WHERE id = 1")
            return plant
          })
          .validate(changing),
        objectSink({ store: () => store, shown: 'file:archive', format: parquet(), path: 'plants', layout: 'append' }),
      ),
  })

  const report = await run(pipeline, undefined, { state: memoryState() })

  expect(report).toMatchObject({ status: 'succeeded', groups: [{ removed: 2 }] })
  expect(await query(file, 'SELECT CAST(id AS INT) AS id, CAST(changed_at AS VARCHAR) AS changed_at FROM plants')).toEqual([
    { id: 1, changed_at: '2026-01-26 14:00:00' },
  ])
  await remove()
})

/** All points together take longer than the tests of `describeMove` may. */
const describeMoves = (name: string, suite: MoveSuite<Reading, World>) => describeCases(name, moveCases(suite), 1_800_000)

describeMoves(
  'from DuckDB into a folder, as parquet',
  intoFolder(
    () => parquet(),
    'parquet',
    files => `read_parquet(${files})`,
  ),
)
describeMoves(
  'from DuckDB into a folder, as csv',
  intoFolder(
    () => csv(),
    'csv',
    files => `read_csv(${files}, all_varchar = true, header = true, force_not_null = ['note'])`,
  ),
)
