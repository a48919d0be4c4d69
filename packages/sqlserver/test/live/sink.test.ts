import type { Sink, TableSinkOptions } from '@millrace/etl-core'
import { awkwardTexts, describeSink, testContext } from '@millrace/etl-testkit'
import { describe, test } from 'vitest'
import { loadHash, partOf } from '../../src/sink/splits.js'
import { quoted } from '../../src/sql.js'
import { type LiveSchema, liveDatabase, livePlace, liveSchema, skipped } from '../support/live.js'
import { type Plant, plant, plantSchema, readPlants, relatedPlants } from '../support/live-plants.js'

interface World {
  readonly own: LiveSchema
  readonly sink: Sink<Plant>
  another(): Sink<Plant>
  readBack(): Promise<Plant[]>
  close(): Promise<void>
}

/** @param table - Whose rows are read. */
function describePlants(name: string, sinkOf: (own: LiveSchema) => Sink<Plant>, table: string): void {
  describeSink<Plant, World>(name, {
    record: i => plant(i),
    changed: i => plant(i, { name: 'changed', price: null }),
    refused: i => plant(i, { takenAt: 'yesterday' }),
    awkward: [
      ...awkwardTexts.map((text, id) => plant(id, { name: text, more: { text } })),
      plant(100, { picture: new Uint8Array([0, 255, 10]), moisture: 1e-300, big: -(2n ** 63n), price: '-0.0000000001' }),
      plant(101, {
        picture: new Uint8Array(0),
        moisture: -1.7976931348623157e308,
        big: 2n ** 63n - 1n,
        takenAt: '9999-12-31T23:59:59.999999Z',
      }),
    ],
    schema: plantSchema,
    async open() {
      const own = await liveSchema()
      // The contract's loads are of this pipeline.
      own.keeps('test', tablesOf(own, table))
      return {
        own,
        sink: sinkOf(own),
        another: () => sinkOf(own),
        readBack: () => readPlants(own.schema, table),
        close: own.close,
      }
    },
    lose: async ({ own }) => {
      await liveDatabase().session(session => session.run(`DELETE FROM ${quoted(own.schema)}.${quoted(table)}`))
    },
    stall: ({ own }) => holdBooks(tablesOf(own, table)),
  })
}

/** The sink's tables where this one, or a view of that name, is read. */
const tablesOf = (own: LiveSchema, table: string): readonly string[] =>
  table === 'flat' ? Object.keys(relatedPlants(own.schema).tables) : [own.table(table)]

/** Someone else's transaction keeps the rows of the books of the first load, and takes its time. Locking hints are not heeded everywhere. */
function holdBooks(tables: readonly string[]) {
  let release: () => void = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const load = loadHash(partOf('', tables), testContext())
  const holding = liveDatabase().transaction(async session => {
    await session.run('UPDATE [dbo].[_millrace_splits] SET [receipt] = [receipt] WHERE [load_hash] = @load', { load })
    await released
  })
  return {
    release: async () => {
      release()
      await holding
    },
  }
}

const single =
  (table: string, options: Partial<TableSinkOptions<Plant>> = {}) =>
  (own: LiveSchema) =>
    livePlace().table<Plant>({ table: own.table(table), ...options })

describe.skipIf(skipped)('against a live server', () => {
  const odd = `odd "name" 🌱 it's`
  describePlants('a SQL Server table that is appended to', single(odd), odd)
  describePlants('a SQL Server table that is merged by key', single('plants', { disposition: 'merge', key: ['id'] }), 'plants')
  describePlants('a SQL Server table whose groups are replaced', single('plants', { disposition: 'replace' }), 'plants')
  describePlants('related SQL Server tables', own => livePlace().tables(relatedPlants(own.schema)), 'flat')
})

test.runIf(skipped)(`sinks on a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
