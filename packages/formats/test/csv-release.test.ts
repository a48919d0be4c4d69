import { describe, expect, it } from 'vitest'
import { csv } from '../src/index.js'
import { batchesOf, pieces } from './tools.js'

const rowsOf = async () => {
  const [batch] = await batchesOf(csv(), pieces('a,b\n1,x\n2,"y ""z"""\n', [3]))
  const { records } = batch ?? { records: [] }
  if (!('toArray' in records)) throw new Error('CSV gives rows')
  return records
}

describe('rows of CSV that were let go', () => {
  it('still have the records that were made before', async () => {
    const rows = await rowsOf()
    const made = rows.toArray()
    rows.release?.()

    expect(rows.toArray()).toBe(made)
    expect(made).toEqual([
      { a: '1', b: 'x' },
      { a: '2', b: 'y "z"' },
    ])
  })

  it('tell who asks for the first time, and never give others', async () => {
    const rows = await rowsOf()
    const { late } = rows
    rows.release?.()

    expect(() => rows.toArray()).toThrow('was written and let go')
    expect(() => late?.table.read(0, 0)).toThrow('was written and let go')
    expect(() => late?.table.number(1, 1)).toThrow('was written and let go')
  })
})
