import { randomBytes } from 'node:crypto'
import type { RelatedTablesOptions, Sink, SqlPlace } from '@millrace/etl-core'
import { arraySource, describeCrashes } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { describe, test } from 'vitest'
import * as z from 'zod'
import { quoted } from '../../src/sql.js'
import { isThere, type LiveSchema, livePlace, liveSchema, query, skipped } from '../support/live.js'

const schema = z.object({
  plant: column.int32(),
  name: column.string(40),
  at: column.timestamp(0),
  moisture: column.float64().nullable(),
})
type Reading = z.infer<typeof schema>

const reading = (i: number): Reading => ({
  plant: i % 2,
  name: `plant ${i % 2}${i > 3 ? ' renamed' : ''}`,
  at: `2026-01-26T13:12:0${i}Z`,
  moisture: i === 2 ? null : i / 3,
})
const splits = { a: [0, 1, 2].map(reading), b: [3, 4, 5].map(reading) }

const related = (own: LiveSchema): RelatedTablesOptions<Reading> => ({
  tables: {
    [own.table('reading')]: {
      columns: { at: 'at', moisture: 'moisture' },
      references: { plant_id: own.table('plant') },
      key: ['plant_id', 'at'],
      changes: 'keep',
    },
    [own.table('plant')]: { columns: { no: 'plant', name: 'name' }, key: ['no'], history: { of: ['name'], at: 'at' } },
  },
  views: { [own.table('flat')]: own.table('reading') },
})

const sinks: readonly [name: string, sinkOf: (place: SqlPlace, own: LiveSchema) => Sink<Reading>, from: string][] = [
  ['appended to a SQL Server table', (place, own) => place.table({ table: own.table('readings'), schema }), 'readings'],
  [
    'merged into a SQL Server table',
    (place, own) => place.table({ table: own.table('readings'), disposition: 'merge', key: ['plant', 'at'], schema }),
    'readings',
  ],
  [
    'replacing groups of a SQL Server table',
    (place, own) => place.table({ table: own.table('readings'), disposition: 'replace', schema }),
    'readings',
  ],
  ['loaded into related SQL Server tables', (place, own) => place.tables({ ...related(own), schema }), 'flat'],
]

async function readings(own: LiveSchema, from: string): Promise<Reading[]> {
  const name = `${quoted(own.schema)}.${quoted(from)}`
  if (!(await isThere(own.schema, from))) return []
  const rows = await query(`SELECT [plant], [name], CAST([at] AS VARCHAR(19)), [moisture] FROM ${name}`)
  return rows.map(([plant, name, at, moisture]) => ({ plant, name, at: `${String(at).replace(' ', 'T')}Z`, moisture }) as Reading)
}

describe.skipIf(skipped)('against a live server', () => {
  for (const [name, sinkOf, from] of sinks) {
    describeCrashes<Reading>(name, {
      expected: [...splits.a, ...splits.b],
      kinds: ['crash', 'stop', 'outage', 'pause'],
      maxPoints: process.env.MILLRACE_TEST_LONG ? 1_000 : 8,
      async build() {
        const own = await liveSchema()
        const pipeline = `crash-test ${randomBytes(8).toString('hex')}`
        own.keeps(pipeline, from === 'flat' ? Object.keys(related(own).tables) : [own.table(from)])
        return {
          open() {
            const place = livePlace()
            return { source: arraySource<Reading>({ splits }), sink: sinkOf(place, own), state: place.home.state(pipeline) }
          },
          read: () => readings(own, from),
          close: own.close,
        }
      },
    })
  }
})

test.runIf(skipped)(`crashes on a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
