import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldsAdder } from '../src/steps/add-fields.js'
import { withFields } from '../src/steps/step.js'

describe('adding fields', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor', '"', '7')
  const record = fc.array(fc.tuple(name, fc.integer()), { maxLength: 5 }).map(entries => Object.fromEntries(entries))

  it('gives what a copy with assignments gives, whatever shapes follow each other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), fc.array(record, { maxLength: 30 }), (names, records) => {
        const add = fieldsAdder(names)
        for (const [index, each] of records.entries()) {
          const before = Object.entries(each)
          const values = names.map((_, at) => index * 10 + at)
          const judged = withFields(each, Object.fromEntries(names.map((field, at) => [field, values[at]])))

          expect(Object.entries(add(each, values))).toEqual(Object.entries(judged))
          expect(Object.entries(each)).toEqual(before)
        }
      }),
    )
  })

  it.each([
    [
      'an object of a class',
      new (class Row {
        a = 1
      })(),
    ],
    ['one without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['one that inherits fields', Object.assign(Object.create({ inherited: 1 }), { a: 1 })],
    ['one of many fields', Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, at]))],
  ])('copies the own fields of %s', (_, row) => {
    const out = fieldsAdder(['z'])(row, [2])

    expect(Object.entries(out)).toEqual([...Object.entries(row), ['z', 2]])
    expect(Object.getPrototypeOf(out)).toBe(Object.prototype)
  })
})
