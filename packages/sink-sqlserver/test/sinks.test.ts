import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { sqlServerTable, sqlServerTables } from '../src/index.js'

const schema = z.object({ plant: column.int32(), at: column.timestamp(3) })
const place = 'sqlserver://db.example.com:1433/plants'

test('a sink says what it writes where, and connects to nothing', () => {
  const sink = sqlServerTable({ place, table: 'readings', disposition: 'merge', key: ['plant', 'at'], schema })

  expect(sink.writes).toBe(`${place}, table readings, merged by key`)
  expect(sink.home?.place).toBe(place)
  expect(sink.capabilities).toEqual({ disposition: 'merge', durableAt: 'flush', replay: 'idempotent', cursor: 'inTransaction' })
})

test('related tables are checked before anything is read', () => {
  const sink = sqlServerTables<z.infer<typeof schema>>({
    place,
    tables: { reading: { columns: { at: 'at' }, key: ['plant'] } },
    schema,
  })

  expect(() => sink.prepare?.({ pipeline: 'plants' })).toThrowError(expect.objectContaining({ code: 'ETL_CONFIG_INVALID' }))
})

test('a name longer than compatible servers take is refused, a text key without a length too', () => {
  const named = sqlServerTable({ place, table: 'x'.repeat(64), schema })
  const keyed = sqlServerTable({
    place,
    table: 'names',
    disposition: 'merge',
    key: ['name'],
    schema: z.object({ name: column.string() }),
  })

  expect(() => named.prepare?.({ pipeline: 'plants' })).toThrow('63 fit')
  expect(() => keyed.prepare?.({ pipeline: 'plants' })).toThrow('no limit')
})

test('a user in the place and unknown options are refused', () => {
  expect(() => sqlServerTable({ place: 'sqlserver://sa@h/plants', table: 'readings', schema })).toThrowError(
    expect.objectContaining({ code: 'ETL_PLACE_SECRET' }),
  )
  expect(() => sqlServerTable({ place, table: 'readings', schema, connection: { password: 'x' } as never })).toThrow(
    '"password" is no option',
  )
})
