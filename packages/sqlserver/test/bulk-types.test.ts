import type { ColumnType } from '@millrace/schema/columns'
import { expect, test } from 'vitest'
import { bulkColumn, sentValue, stagedType, typedSql } from '../src/bulk-types.js'
import { databaseOf, protocolServer } from './support/server.js'

const decimal: ColumnType = { kind: 'decimal', precision: 38, scale: 10 }
const timestamp: ColumnType = { kind: 'timestamp', precision: 7 }

const cases: readonly [ColumnType, unknown, unknown][] = [
  [{ kind: 'int64' }, 2n ** 53n + 1n, '9007199254740993'],
  [{ kind: 'int64' }, -(2n ** 63n), '-9223372036854775808'],
  [decimal, '1234567890123456789012345678.0123456789', '1234567890123456789012345678.0123456789'],
  [decimal, `0001.50${'0'.repeat(60)}`, '1.5'],
  [decimal, '-0.0', '-0'],
  [decimal, '100', '100'],
  [timestamp, '2026-01-26T13:12:19.1234567Z', '2026-01-26T13:12:19.1234567'],
  [timestamp, '2026-01-26T13:12:19.123456700000Z', '2026-01-26T13:12:19.1234567'],
  [{ kind: 'date' }, '0001-01-01', '0001-01-01'],
  [{ kind: 'float64' }, 1e-300, 1e-300],
  [{ kind: 'json' }, { a: ['\0', null] }, '{"a":["\\u0000",null]}'],
  [{ kind: 'json' }, 'text', '"text"'],
  [{ kind: 'bytes' }, new Uint8Array([1, 2]), Buffer.from([1, 2])],
  [{ kind: 'string' }, null, null],
]

test.each(cases.map(([type, value, expected]) => ({ kind: type.kind, shown: String(value), type, value, expected })))(
  'a value of $kind is sent without losing a digit: $shown',
  ({ type, value, expected }) => {
    expect(sentValue(type, value as never)).toEqual(expected)
  },
)

test('all that is sent as text is made what it is by the server', () => {
  expect(typedSql(decimal, 'f0')).toBe('CAST([f0] AS DECIMAL(38,10))')
  expect(typedSql({ kind: 'int64' }, 'f0')).toBe('CAST([f0] AS BIGINT)')
  expect(typedSql(timestamp, 'f0')).toBe('CAST([f0] AS DATETIME2(7))')
  expect(typedSql({ kind: 'string', length: 4_000 }, 'f0')).toBe('[f0]')
  expect(stagedType({ kind: 'string', length: 4_001 })).toBe('NVARCHAR(MAX)')
})

test('what is sent arrives, whatever the type', async () => {
  const server = await protocolServer()
  const types: readonly ColumnType[] = [
    { kind: 'int32' },
    { kind: 'float64' },
    { kind: 'bool' },
    { kind: 'int64' },
    decimal,
    timestamp,
    { kind: 'date' },
    { kind: 'string', length: 20 },
    { kind: 'string' },
    { kind: 'json' },
    { kind: 'bytes' },
  ]
  const values = [
    -1,
    1e-300,
    false,
    2n ** 62n,
    '0.0000000001',
    '2026-01-26T13:12:19.1234567Z',
    '2026-01-26',
    'ñ 🌱',
    'x'.repeat(9_000),
    [1],
    new Uint8Array(9_000),
  ]
  const sent = types.map((type, at) => sentValue(type, values[at] as never))

  await databaseOf(server).session(session =>
    session.bulk(
      '#stage',
      types.map((type, at) => bulkColumn({ type }, `f${at}`)),
      [sent, types.map(() => null)],
    ),
  )

  const { rows = [], columns = [] } = server.log.find(({ kind }) => kind === 'bulk')?.bulk ?? {}
  expect(rows).toEqual([sent, types.map(() => null)])
  expect(columns.map(({ type }) => type)).toEqual([
    'IntN',
    'FloatN',
    'BitN',
    ...Array.from({ length: 7 }, () => 'NVarChar'),
    'VarBinary',
  ])
})
