import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type CastTypes, castValue } from '../src/index.js'
import { collect } from './collect.js'

describe('cast', () => {
  it('turns text into values and empty text into null', async () => {
    const rows = [
      {
        i: '7',
        b: '9007199254740993',
        f: '1.5e3',
        d: '0.10',
        t: 'true',
        day: '2025-02-28',
        at: '2025-02-04 15:58:28.123456+01:00',
      },
      { i: '', b: '', f: '', d: '', t: '', day: '', at: '' },
    ]

    const { written } = await collect([rows], flow =>
      flow.cast({ i: 'int32', b: 'int64', f: 'float64', d: 'decimal', t: 'bool', day: 'date', at: 'timestamp' }),
    )

    expect(written[0]).toEqual({
      i: 7,
      b: 9007199254740993n,
      f: 1500,
      d: '0.10',
      t: true,
      day: '2025-02-28',
      at: '2025-02-04T14:58:28.123456Z',
    })
    expect(Object.values(written[1] ?? {})).toEqual(Array(7).fill(null))
  })

  it('rejects a record with every field that does not fit', async () => {
    const { rejects } = await collect([[{ a: 'x', b: '2.5', c: '1' }]], flow =>
      flow.cast({ a: 'float64', b: 'int32', c: 'int32' }),
    )

    expect(rejects[0]?.issues.map(issue => issue.path[0])).toEqual(['a', 'b'])
    expect(rejects[0]?.reason).toBe('a: expected a finite number, got "x"')
  })

  it('takes any Standard Schema for one field', async () => {
    const { written } = await collect([[{ tags: 'a,b' }]], flow =>
      flow.cast({ tags: z.string().transform(text => text.split(',')) }),
    )

    expect(written).toEqual([{ tags: ['a', 'b'] }])
  })

  it.each<[keyof CastTypes, unknown]>([
    ['int32', '2147483648'],
    ['int32', '-2147483649'],
    ['int32', 1.5],
    ['int64', '9223372036854775808'],
    ['int64', 2 ** 53],
    ['int64', '1e3'],
    ['float64', 'NaN'],
    ['float64', Number.NaN],
    ['float64', 'Infinity'],
    ['float64', '0x10'],
    ['float64', '1_000'],
    ['decimal', '1e5'],
    ['bool', 'maybe'],
    ['bool', 2],
    ['string', {}],
    ['date', '2025-02-29'],
    ['date', '2025-2-1'],
    ['timestamp', '2025-02-04T15:58:28'],
    ['timestamp', '2025-02-30T00:00:00Z'],
    ['timestamp', '2025-02-04T25:00:00Z'],
    ['timestamp', new Date(Number.NaN)],
  ])('%s refuses %o', (type, value) => {
    expect(() => castValue(value, type)).toThrowError(/expected/)
  })

  it.each<[keyof CastTypes, unknown, unknown]>([
    ['int32', '-2147483648', -2147483648],
    ['int32', 2147483647, 2147483647],
    ['int64', '-9223372036854775808', -9223372036854775808n],
    ['int64', '+5', 5n],
    ['float64', ' .5 ', 0.5],
    ['decimal', 12n, '12'],
    ['string', 12, '12'],
    ['timestamp', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['timestamp', '2025-02-04T15:58:28.100Z', '2025-02-04T15:58:28.100Z'],
  ])('%s takes %o as %o', (type, value, expected) => {
    expect(castValue(value, type)).toEqual(expected)
  })
})
