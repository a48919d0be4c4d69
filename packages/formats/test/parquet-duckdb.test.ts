import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { column } from '@millrace/schema'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { parquet } from '../src/parquet/index.js'
import { fileOf } from './parquet-tools.js'

interface DuckDB {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{ runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): unknown[] }>; closeSync(): void }>
      closeSync(): void
    }>
  }
}

const name = '@duckdb/node-api'
const duckdb = (await import(name).catch(() => undefined)) as DuckDB | undefined

it.skipIf(!duckdb)(`reads the same in DuckDB${duckdb ? '' : ' (skipped: @duckdb/node-api is not installed)'}`, async () => {
  const schema = z.object({
    l: column.int64(),
    d: column.decimal(38, 10),
    m: column.decimal(18, 4),
    at: column.timestamp(6),
    day: column.date(),
    s: column.string().nullable(),
  })
  const row = {
    l: 9007199254740993n,
    d: '-1234567890123456789012345678.0123456789',
    m: '0.0001',
    at: '2025-02-04T13:54:32.123456Z',
    day: '2025-02-04',
    s: null,
  }
  const folder = await mkdtemp(join(tmpdir(), 'parquet-'))
  const path = join(folder, 'a.parquet')
  await writeFile(path, await fileOf(parquet<typeof row>({ rowGroupRecords: 1 }), [[row], [row]], schema))

  const instance = await duckdb!.DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const sql = `SELECT l::VARCHAR l, d::VARCHAR d, m::VARCHAR m, epoch_us("at")::VARCHAR "at", day::VARCHAR "day", s FROM '${path}' WHERE m < 1`
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson()
  connection.closeSync()
  instance.closeSync()
  await rm(folder, { recursive: true })

  const read = { l: String(row.l), d: row.d, m: row.m, at: '1738677272123456', day: row.day, s: null }
  expect(rows).toEqual([read, read])
})
