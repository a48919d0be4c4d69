import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column, ColumnType } from '../src/index.js'
import { checkValue, decimalOf, fromJsonForm, parseText, problemOf, timestampOf, toJsonForm, unscaledOf } from '../src/index.js'
import { runs } from './runs.js'

const of = (type: ColumnType, nullable = false): Column => ({ name: 'c', type, nullable })
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
const timestamp = (precision: 0 | 3 | 6 | 7): ColumnType => ({ kind: 'timestamp', precision })

describe('value rules', () => {
  it.each<[ColumnType, unknown[]]>([
    [{ kind: 'int32' }, [0, -2147483648, 2147483647]],
    [{ kind: 'int64' }, [0n, -(2n ** 63n), 2n ** 63n - 1n]],
    [{ kind: 'float64' }, [0.1, -0, 1.7e308]],
    [{ kind: 'bool' }, [true, false]],
    [decimal(5, 2), ['0', '-999.99', '999.990', '0001.5', '-0']],
    [decimal(38, 38), ['0.00000000000000000000000000000000000001']],
    [{ kind: 'date' }, ['2024-02-29', '0001-01-01', '9999-12-31']],
    [timestamp(3), ['2025-02-04T13:54:32Z', '2025-02-04T13:54:32.5Z', '2025-02-04T13:54:32.5000000Z']],
    [{ kind: 'string', length: 3 }, ['', 'abc', 'ñé–']],
    [{ kind: 'bytes' }, [new Uint8Array(), Buffer.from('x')]],
    [{ kind: 'json' }, [{ a: [1, null, { b: 'x' }] }, [], 'text', undefined === null]],
  ])('takes the in-flight values of %j as they are', (type, values) => {
    for (const value of values) expect(checkValue(of(type), value)).toEqual(value)
  })

  it.each<[ColumnType, unknown[]]>([
    [{ kind: 'int32' }, [0.5, 2147483648, Number.NaN, '1', 1n]],
    [{ kind: 'int64' }, [2n ** 63n, -(2n ** 63n) - 1n, 2 ** 53, 0.5, '1']],
    [{ kind: 'float64' }, [Number.NaN, Number.POSITIVE_INFINITY, '1', 1n]],
    [{ kind: 'bool' }, [0, 'true']],
    [decimal(5, 2), ['1000', '0.001', '1e2', '+1', '.5', '1.', '', 'NaN', 1.5, 1n]],
    [
      { kind: 'date' },
      ['2023-02-29', '1900-02-29', '2025-13-01', '2025-00-01', '0000-01-01', '2025-1-1', '2025-01-01T00:00:00Z', new Date()],
    ],
    [
      timestamp(3),
      ['2025-02-04T13:54:32', '2025-02-04 13:54:32Z', '2025-02-04T24:00:00Z', '2016-12-31T23:59:60Z', '2025-02-30T00:00:00Z'],
    ],
    [timestamp(3), ['2025-02-04T13:54:32.1234Z', '2025-02-04T13:54:32+00:00', new Date(Number.NaN)]],
    [timestamp(6), [new Date()]],
    [{ kind: 'string', length: 3 }, ['abcd', 1]],
    [{ kind: 'bytes' }, ['x', [1]]],
    [{ kind: 'json' }, [{ a: Number.NaN }, { a: () => 1 }, new Map(), [undefined]]],
  ])('refuses what is not of %j', (type, values) => {
    for (const value of values) {
      expect(() => checkValue(of(type), value), String(value)).toThrow(
        expect.objectContaining({ code: 'ETL_RECORD_INVALID', path: ['c'] }),
      )
    }
  })

  it('names column, type and value when it refuses', () => {
    expect(() => checkValue(of({ kind: 'int32' }), 2.5)).toThrow('Column "c" (int32): 2.5 is not a whole number')
    expect(() => checkValue(of(decimal(18, 4)), '1.23456')).toThrow(
      'Column "c" (decimal(18,4)): "1.23456" has 5 digits behind the point, and 4 fit',
    )
  })

  it('takes null and undefined only where the column does', () => {
    expect(checkValue(of({ kind: 'int32' }, true), undefined)).toBeNull()
    expect(() => checkValue(of({ kind: 'int32' }), null)).toThrow('takes no null')
  })

  it('turns a Date into a timestamp(3), a safe whole number into an int64, and what is nested in json into text', () => {
    const date = new Date('2025-02-04T13:54:32.120Z')

    expect(checkValue(of(timestamp(3)), date)).toBe('2025-02-04T13:54:32.120Z')
    expect(checkValue(of({ kind: 'int64' }), 2 ** 53 - 1)).toBe(9007199254740991n)
    expect(checkValue(of({ kind: 'json' }), { date, n: 2n ** 63n })).toEqual({
      date: '2025-02-04T13:54:32.120Z',
      n: '9223372036854775808',
    })
  })

  it('gives json values that JSON keeps, however records nest', () => {
    fc.assert(
      fc.property(
        fc.object({
          withBigInt: true,
          withNullPrototype: false,
          // JSON has no -0.
          values: [fc.jsonValue().map(value => JSON.parse(JSON.stringify(value))), fc.bigInt(), fc.date({ noInvalidDate: true })],
        }),
        value => {
          const taken = checkValue(of({ kind: 'json' }), value)

          expect(JSON.parse(JSON.stringify(taken))).toEqual(taken)
          expect(problemOf({ kind: 'json' }, taken)).toBeUndefined()
        },
      ),
      runs(),
    )
  })
})

describe('JSON form', () => {
  it('brings back an int64 beyond 2^53 and bytes through JSON text', () => {
    const forms: [ColumnType, bigint | Uint8Array][] = [
      [{ kind: 'int64' }, 9007199254740993n],
      [{ kind: 'bytes' }, new Uint8Array([0, 255, 128])],
    ]

    for (const [type, value] of forms)
      expect(fromJsonForm(type, JSON.parse(JSON.stringify(toJsonForm(type, value))))).toEqual(value)
    expect(toJsonForm({ kind: 'int64' }, null)).toBeNull()
  })
})

describe('decimals and times as whole numbers', () => {
  it('keeps every decimal of 38 digits', () => {
    const max = 10n ** 38n - 1n
    fc.assert(
      fc.property(fc.bigInt(-max, max), fc.nat(38), (unscaled, scale) => {
        const text = decimalOf(unscaled, scale)

        expect(problemOf(decimal(38, scale), text)).toBeUndefined()
        expect(unscaledOf(text, scale)).toBe(unscaled)
      }),
      runs(),
    )
  })

  it('writes the digits asked for and never drops one that is not zero', () => {
    expect(timestampOf(1n, 6, 3)).toBe('1970-01-01T00:00:00.000001Z')
    expect(timestampOf(1000n, 6, 3)).toBe('1970-01-01T00:00:00.001Z')
    expect(timestampOf(-1n, 9)).toBe('1969-12-31T23:59:59.999999999Z')
    expect(timestampOf(0n, 6, 0)).toBe('1970-01-01T00:00:00Z')
  })
})

describe('parseText', () => {
  it.each<[ColumnType, string, unknown]>([
    [{ kind: 'int32' }, '-12', -12],
    [{ kind: 'int64' }, '+9007199254740993', 9007199254740993n],
    [{ kind: 'float64' }, '1e-3', 0.001],
    [{ kind: 'bool' }, 'TRUE', true],
    [{ kind: 'bool' }, '0', false],
    [decimal(18, 4), '+.5', '0.5'],
    [decimal(18, 4), '-12.', '-12'],
    [{ kind: 'date' }, '2025-02-04', '2025-02-04'],
    [timestamp(7), '2025-02-04 15:58:28.1234567+01:00', '2025-02-04T14:58:28.1234567Z'],
    [timestamp(7), '2025-01-01T00:30-0130', '2025-01-01T02:00:00Z'],
    [{ kind: 'string' }, ' a ', ' a '],
    [{ kind: 'bytes' }, 'AP8=', new Uint8Array([0, 255])],
    [{ kind: 'json' }, '{"a":1}', { a: 1 }],
  ])('reads %j from %j', (type, text, value) => {
    expect(parseText(type, text)).toEqual(value)
  })

  it.each<[ColumnType, string]>([
    [{ kind: 'int32' }, '2147483648'],
    [{ kind: 'int32' }, ''],
    [{ kind: 'int32' }, '12.0'],
    [{ kind: 'float64' }, '1e999'],
    [{ kind: 'float64' }, '0x10'],
    [{ kind: 'bool' }, 'maybe'],
    [decimal(5, 2), '1000.00'],
    [decimal(5, 2), '.'],
    [{ kind: 'date' }, '04/02/2025'],
    [{ kind: 'bytes' }, 'AP8'],
    [{ kind: 'json' }, '{'],
  ])('refuses %j from %j, naming the column', (type, text) => {
    expect(() => parseText(type, text, 'price')).toThrow(/^Column "price"/)
  })

  it('says what to do about a time without a zone', () => {
    expect(() => parseText(timestamp(3), '2025-02-04 15:58:28')).toThrow('zonedToUtc')
  })
})
