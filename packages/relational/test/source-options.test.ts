import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { planSource } from '../src/index.js'

const schema = z.object({ id: column.int64(), at: column.timestamp(6), note: column.string().nullable() })
const options = { table: 'readings', schema, key: ['id'] as const }

test('a source has its columns, its key and the usual sizes', () => {
  expect(planSource(options)).toMatchObject({
    columns: [{ name: 'id' }, { name: 'at' }, { name: 'note' }],
    key: [{ name: 'id', type: { kind: 'int64' } }],
    splits: 1,
    pageRows: 10_000,
  })
})

test.each([
  ['no key', { key: [] }, '"key" is empty'],
  ['a key that may be null', { key: ['note'] as const }, 'it may be null'],
  ['a key the schema does not have', { key: ['no' as 'id'] }, 'which the schema does not have'],
  ['a cut-off of a column that is no time', { before: { column: 'id' as const, value: '1' } }, 'no timestamp or date'],
  ['a cut-off that is no time', { before: { column: 'at' as const, value: 'yesterday' } }, 'is not a UTC time'],
  ['half a split', { splits: 1.5 }, '"splits" is 1.5'],
  ['empty pages', { pageRows: 0 }, '"pageRows" is 0'],
])('a source with %s is refused', (_, over, problem) => {
  expect(() => planSource({ ...options, ...over })).toThrow(
    expect.objectContaining({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining(problem) }),
  )
})
