import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyAlternatives } from '../src/index.js'
import { orderByReference } from '../src/order.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 4_000 : 200

/** By name, the names it refers to; any graph. */
const graph = fc
  .integer({ min: 1, max: 8 })
  .chain(size => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }))
  .map(edges => new Map(edges.map((to, index) => [`t${index}`, to.map(other => `t${other}`)])))

test('tables come after those they refer to, or a circle is named that is one', () => {
  fc.assert(
    fc.property(graph, edges => {
      const found = orderByReference([...edges.keys()], name => edges.get(name) ?? [])

      if ('order' in found) {
        expect([...found.order].sort()).toEqual([...edges.keys()].sort())
        for (const [name, others] of edges)
          for (const other of others) expect(found.order.indexOf(other)).toBeLessThan(found.order.indexOf(name))
      } else {
        expect(found.cycle[0]).toBe(found.cycle.at(-1))
        for (let at = 1; at < found.cycle.length; at++)
          expect(edges.get(found.cycle[at - 1] as string)).toContain(found.cycle[at])
      }
    }),
    { numRuns },
  )
})

test('alternatives of comparisons say what comparing keys as a whole says', () => {
  const key = fc.array(fc.nat(2), { minLength: 1, maxLength: 4 })
  const keys = key.chain(a => fc.tuple(fc.constant(a), fc.array(fc.nat(2), { minLength: a.length, maxLength: a.length })))
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((value, index) => value !== b[index])
    return at < 0 ? 0 : (a[at] as number) - (b[at] as number)
  }
  const holds = (is: '=' | '<' | '>', a: number, b: number) => (is === '=' ? a === b : is === '<' ? a < b : a > b)

  fc.assert(
    fc.property(keys, fc.constantFrom('<' as const, '>' as const), ([a, b], is) => {
      const said = keyAlternatives(a.length, is).some(all =>
        all.every(({ column, is }) => holds(is, a[column] as number, b[column] as number)),
      )

      expect(said).toBe(is === '>' ? compare(a, b) > 0 : compare(a, b) < 0)
    }),
    { numRuns },
  )
})
