import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { sqlServerRows } from '../src/index.js'

const schema = z.object({ plant: column.int32(), at: column.timestamp(3), big: column.int64() })
const place = 'sqlserver://db.example.com/plants'

test('a source is made without connecting, and knows by what its rows are removed', () => {
  const source = sqlServerRows({ place, table: 'flat', removeFrom: 'reading', schema, key: ['plant', 'at'] })

  expect(source.capabilities).toEqual({ resumable: true, rereads: 'mayDiffer' })
  expect(source.removal?.key).toEqual(['plant', 'at'])
})

test('a rejected record comes back as it was', () => {
  const source = sqlServerRows({ place, table: 'flat', schema, key: ['plant'] })

  expect(source.revive?.({ plant: 1, at: '2026-01-26T13:12:00Z', big: '9007199254740993' })).toEqual({
    plant: 1,
    at: '2026-01-26T13:12:00Z',
    big: 9007199254740993n,
  })
})

test('what cannot be read is refused at once', () => {
  expect(() => sqlServerRows({ place, table: '', schema, key: [] })).toThrowError(
    expect.objectContaining({ code: 'ETL_CONFIG_INVALID' }),
  )
})
