import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { column, decimalOf, epochOf, timestampOf } from '@millrace/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { parquet } from '../src/parquet/index.js'
import { fileOf, runs } from './parquet-tools.js'

interface DuckDB {
  readonly DuckDBInstance: { create(path: string): Promise<Instance> }
}
interface Instance {
  connect(): Promise<Connection>
  closeSync(): void
}
interface Connection {
  runAndReadAll(sql: string, values?: unknown[]): Promise<{ getRowObjects(): Record<string, unknown>[] }>
  closeSync(): void
}

const name = '@duckdb/node-api'
const duckdb = (await import(name).catch(() => undefined)) as DuckDB | undefined

const everything = z.object({
  ...{ i: column.int32(), l: column.int64().nullable(), f: column.float64().nullable(), b: column.bool().nullable() },
  ...{ small: column.decimal(9, 2).nullable(), money: column.decimal(18, 4), big: column.decimal(38, 10).nullable() },
  ...{ day: column.date().nullable(), at: column.timestamp(6), s: column.string().nullable(), t: column.string() },
  ...{ raw: column.bytes().nullable(), j: column.json().nullable() },
})
type Row = z.infer<typeof everything>

/** What DuckDB is asked for, and what it must say of a record. */
const asked = `i, l, f, b, small::VARCHAR small, money::VARCHAR money, big::VARCHAR big, "day"::VARCHAR "day", epoch_us("at") "at", s, t, hex(raw) raw, j::VARCHAR j`
const said = (row: Row) => ({
  ...{ i: row.i, l: row.l, f: row.f, b: row.b, small: row.small, money: row.money, big: row.big, day: row.day },
  ...{ at: epochOf(row.at, 6), s: row.s, t: row.t },
  raw: row.raw === null ? null : Buffer.from(row.raw).toString('hex').toUpperCase(),
  j: row.j === null ? null : JSON.stringify(row.j),
})

const digits = (count: number) => fc.bigInt(-(10n ** BigInt(count)) + 1n, 10n ** BigInt(count) - 1n)
const or = <V>(value: fc.Arbitrary<V>) => fc.option(value, { freq: 4 })
const micros = fc.bigInt(-62135596800000000n, 253402300799999999n)
const row: fc.Arbitrary<Row> = fc.record({
  ...{ i: fc.integer(), l: or(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), b: or(fc.boolean()) },
  f: or(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 5e-324, -1.7976931348623157e308))),
  ...{ small: or(digits(9).map(n => decimalOf(n, 2))), money: digits(18).map(n => decimalOf(n, 4)) },
  ...{ big: or(digits(38).map(n => decimalOf(n, 10))), day: or(micros.map(n => timestampOf(n, 6)!.slice(0, 10))) },
  at: micros.map(n => timestampOf(n, 6)!),
  ...{ s: or(fc.string({ unit: 'grapheme' })), t: fc.constantFrom('', 'a', 'b', 'Côte d’Ivoire', 'x'.repeat(40)) },
  raw: or(fc.uint8Array()),
  j: or(
    fc.oneof(
      fc.constant([1, 'x']),
      fc.jsonValue().filter(value => value !== null),
    ),
  ).map(value => JSON.parse(JSON.stringify(value))),
})

describe.skipIf(!duckdb)(`in DuckDB${duckdb ? '' : ' (skipped: @duckdb/node-api is not installed)'}`, () => {
  let folder: string
  let instance: Instance
  let connection: Connection
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parquet-'))
    instance = await duckdb!.DuckDBInstance.create(':memory:')
    connection = await instance.connect()
  })
  afterAll(async () => {
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true })
  })
  const query = async (bytes: Uint8Array, sql: (file: string) => string, values?: unknown[]) => {
    const file = join(folder, 'a.parquet')
    await writeFile(file, bytes)
    return (await connection.runAndReadAll(sql(`'${file}'`), values)).getRowObjects()
  }

  it.each(['snappy', 'gzip', 'uncompressed'] as const)('any records are what they were, with %s', async codec => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        // Repeated: short columns have no need of dictionaries and runs.
        fc.constantFrom(1, 1, 40, 700),
        fc.integer({ min: 1, max: 3000 }),
        async (some, times, rowGroupRecords) => {
          const batches = Array.from({ length: times }, () => some)

          const bytes = await fileOf(parquet<Row>({ rowGroupRecords, codec }), batches, everything)

          expect(await query(bytes, file => `SELECT ${asked} FROM ${file}`)).toEqual(batches.flat().map(said))
        },
      ),
      runs(8),
    )
  })

  it('each value is found by what a query asks for: bounds exclude no row group that has it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(), async (rows, pick) => {
        const bytes = await fileOf(
          parquet<Row>({ rowGroupRecords: 3 }),
          rows.map(each => [each]),
          everything,
        )
        const wanted = rows[pick % rows.length]!

        const found = await query(
          bytes,
          file => `SELECT count(*) n FROM ${file} WHERE i = $1 AND t = $2 AND money = $3::DECIMAL(18,4) AND "at" = make_timestamptz($4::BIGINT)
            AND s IS NOT DISTINCT FROM $5 AND f IS NOT DISTINCT FROM $6::DOUBLE`,
          [wanted.i, wanted.t, wanted.money, epochOf(wanted.at, 6), wanted.s, wanted.f === null ? null : String(wanted.f)],
        )

        const same = rows.filter(
          ({ i, t, money, at, s, f }) =>
            i === wanted.i && t === wanted.t && money === wanted.money && at === wanted.at && s === wanted.s && f === wanted.f,
        )
        expect(found).toEqual([{ n: BigInt(same.length) }])
      }),
      runs(15),
    )
  })

  it('a file without records has its columns', async () => {
    const found = await query(await fileOf(parquet<Row>(), [], everything), file => `DESCRIBE SELECT * FROM ${file}`)

    expect(found.map(each => [each.column_name, each.column_type])).toEqual([
      ...[
        ['i', 'INTEGER'],
        ['l', 'BIGINT'],
        ['f', 'DOUBLE'],
        ['b', 'BOOLEAN'],
        ['small', 'DECIMAL(9,2)'],
      ],
      ...[
        ['money', 'DECIMAL(18,4)'],
        ['big', 'DECIMAL(38,10)'],
        ['day', 'DATE'],
        ['at', 'TIMESTAMP WITH TIME ZONE'],
      ],
      ...[
        ['s', 'VARCHAR'],
        ['t', 'VARCHAR'],
        ['raw', 'BLOB'],
        ['j', 'JSON'],
      ],
    ])
  })
})
