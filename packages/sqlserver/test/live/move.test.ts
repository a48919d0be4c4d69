import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCases, type MoveSuite, type MoveWorld, moveCases } from '@millrace/etl-testkit'
import { ndjson } from '@millrace/formats'
import { folderStore, objectSink, stateOver } from '@millrace/objects'
import { column } from '@millrace/schema'
import { describe, test } from 'vitest'
import * as z from 'zod'
import { quoted } from '../../src/sql.js'
import { type LiveSchema, liveDatabase, livePlace, liveSchema, query, skipped } from '../support/live.js'

const schema = z.object({
  plant: column.int64(),
  takenAt: column.timestamp(6),
  moisture: column.float64().nullable(),
  price: column.decimal(20, 4),
  note: column.string().nullable(),
})
type Reading = z.infer<typeof schema>

const reading = (i: number): Reading => ({
  plant: 9007199254740993n + BigInt(i),
  takenAt: `2026-01-26T13:00:00.70300${i}Z`,
  // Quarters: they are sent as text here, and have no digits that a server might round.
  moisture: i % 3 === 0 ? null : i / 4,
  price: `123456789012345${i}.7890`,
  note: i % 2 === 0 ? `"${i}", ñ 🌱` : null,
})
const table = 'odd "readings"'

async function insert(own: LiveSchema, rows: readonly Reading[]): Promise<void> {
  await liveDatabase().session(async session => {
    for (const { plant, takenAt, moisture, price, note } of rows) {
      await session.run(
        `INSERT INTO ${quoted(own.schema)}.${quoted(table)} ([plant], [takenAt], [moisture], [price], [note]) VALUES (@plant, CAST(@at AS DATETIME2(6)), CAST(@moisture AS FLOAT), CAST(@price AS DECIMAL(20,4)), @note)`,
        { plant, at: takenAt.slice(0, -1), moisture: moisture === null ? null : String(moisture), price, note },
      )
    }
  })
}

async function rowsLeft(own: LiveSchema): Promise<Reading[]> {
  const rows = await query(
    `SELECT CAST([plant] AS VARCHAR(20)), CAST([takenAt] AS VARCHAR(26)), [moisture], CAST([price] AS VARCHAR(40)), [note] FROM ${quoted(own.schema)}.${quoted(table)}`,
  )
  return rows.map(([plant, takenAt, moisture, price, note]) => ({
    plant: BigInt(plant as string),
    takenAt: `${String(takenAt).replace(' ', 'T')}Z`,
    moisture: moisture as number | null,
    price: price as string,
    note: note as string | null,
  }))
}

/** The files of the folder, as JSON and nothing more. */
async function archived(folder: string): Promise<Reading[]> {
  if (!existsSync(folder)) return []
  const found: Reading[] = []
  for (const name of (await readdir(folder)).sort()) {
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter(line => line !== '')
    for (const { plant, ...row } of lines.map(line => JSON.parse(line))) found.push({ ...row, plant: BigInt(plant) })
  }
  return found
}

const intoFolder: MoveSuite<Reading, MoveWorld<Reading>> = {
  record: reading,
  young: i => ({ ...reading(i), takenAt: `2026-01-27T13:00:00.7${i}0301Z` }),
  steps: flow => flow.validate(schema),
  maxPoints: process.env.MILLRACE_TEST_LONG ? 1_000 : 6,
  async open() {
    const own = await liveSchema()
    const path = await mkdtemp(join(tmpdir(), 'millrace-sqlserver-'))
    await liveDatabase().session(session =>
      session.run(
        `CREATE TABLE ${quoted(own.schema)}.${quoted(table)} ([plant] BIGINT NOT NULL, [takenAt] DATETIME2(6) NOT NULL, [moisture] FLOAT NULL, [price] DECIMAL(20,4) NOT NULL, [note] NVARCHAR(100) NULL)`,
      ),
    )
    let cutOff = '2026-01-27T00:00:00Z'
    return {
      open({ objects }) {
        const store = objects(folderStore(path))
        return {
          source: livePlace().source<Reading>({
            table: own.table(table),
            schema,
            key: ['plant', 'takenAt'],
            pageRows: 2,
            before: { column: 'takenAt', value: cutOff },
          }),
          sink: objectSink<Reading>({
            store: () => store,
            shown: 'file:archive',
            format: ndjson(),
            path: 'readings',
            layout: 'append',
          }),
          state: stateOver(store, '_millrace/state'),
        }
      },
      add: rows => insert(own, rows),
      left: () => rowsLeft(own),
      moved: () => archived(join(path, 'readings')),
      age: () => {
        cutOff = '2026-01-28T00:00:00Z'
      },
      async close() {
        await own.close()
        await rm(path, { recursive: true, force: true })
      },
    }
  },
}

describe.skipIf(skipped)('against a live server', () => {
  // A server far away takes its time.
  describeCases('from a SQL Server table into a folder', moveCases(intoFolder), 600_000)
})

test.runIf(skipped)(`a move from a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
