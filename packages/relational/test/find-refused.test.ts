import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRefused } from '../src/find-refused.js'

test('the rows that are refused are found, also those that only go ill together', async () => {
  const rows = fc.array(fc.record({ bad: fc.boolean(), key: fc.nat(5) }), { maxLength: 40 })

  await fc.assert(
    fc.asyncProperty(rows, async rows => {
      let tries = 0
      const refuses = (taken: typeof rows) =>
        taken.some(({ bad }) => bad) || new Set(taken.map(({ key }) => key)).size < taken.length
      const refused = await findRefused(rows.length, async (end, without) => {
        tries++
        return refuses(rows.filter((_, at) => at < end && !without.has(at))) ? 'no' : undefined
      })

      const taken = new Set<number>()
      const expected = rows.flatMap(({ bad, key }, at) => {
        if (bad || taken.has(key)) return [at]
        taken.add(key)
        return []
      })
      expect([...refused.keys()]).toEqual(expected)
      expect(tries).toBeLessThanOrEqual(2 * rows.length + 1)
    }),
  )
})
