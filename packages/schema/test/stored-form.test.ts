import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ColumnType, storedForm } from '../src/columns.js'

const form = (type: ColumnType, value: unknown) => storedForm({ name: 'value', type }, value)
const decimal: ColumnType = { kind: 'decimal', precision: 18, scale: 4 }
const timestamp: ColumnType = { kind: 'timestamp', precision: 6 }

describe('the stored form', () => {
  it.each<[ColumnType, unknown, unknown]>([
    [decimal, '1.50', '1.5'],
    [decimal, '100', '100.0000'],
    [decimal, '-0.00', '0'],
    [timestamp, '2026-01-26T15:16:04Z', '2026-01-26T15:16:04.000000Z'],
    [timestamp, '2026-01-26T15:16:00.120Z', '2026-01-26T15:16:00.12Z'],
    [{ kind: 'int64' }, 9007199254740993n, '9007199254740993'],
    [{ kind: 'float64' }, 0.1, '0.1'],
    [{ kind: 'float64' }, 1e-300, '1e-300'],
    [{ kind: 'bool' }, true, 'true'],
    [{ kind: 'bytes' }, new Uint8Array([1, 2]), 'AQI='],
    [{ kind: 'json' }, { a: [1, null] }, '{"a":[1,null]}'],
    [{ kind: 'string' }, null, ''],
  ])('of %o is the same for %o and %o', (type, value, stored) => {
    expect(form(type, value)).toEqual(form(type, stored))
  })

  it.each<[ColumnType, unknown, unknown]>([
    [decimal, '1.5', '1.05'],
    [decimal, '10', '1'],
    [timestamp, '2026-01-26T15:16:00Z', '2026-01-26T15:16:00.000001Z'],
    [timestamp, '2026-01-26T15:16:10Z', '2026-01-26T15:16:01Z'],
    [{ kind: 'int64' }, 9007199254740993n, '9007199254740992'],
    [{ kind: 'string' }, 'a', 'a '],
    [{ kind: 'string' }, '0', null],
  ])('of %o tells %o from %o', (type, value, other) => {
    expect(form(type, value)).not.toEqual(form(type, other))
  })

  it('of any float is the same from its text', async () => {
    await fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(JSON.stringify(form({ kind: 'float64' }, value))).toBe(JSON.stringify(form({ kind: 'float64' }, String(value))))
      }),
    )
  })

  it('refuses text that is not of its type, naming the column', () => {
    expect(() => form({ kind: 'int32' }, 'x')).toThrow(/value/)
  })
})
