import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type FieldTable, type Flow, type Rows, wholeTable } from '../src/index.js'
import { collect } from './collect.js'

interface Person {
  readonly id: string
  readonly name: string
}

/** Records that nobody has made yet, and what was asked of them. */
function people(...rows: readonly (readonly [id: string, name: string])[]) {
  const asked: string[] = []
  const names = ['id', 'name'] as const
  const table: FieldTable = {
    names,
    length: rows.length,
    read(row, column) {
      asked.push(`${names[column]} of ${row}`)
      return rows[row]?.[column]
    },
    number: (row, column) => Number(rows[row]?.[column]),
  }
  let made = 0
  const late: Rows<Person> = {
    length: rows.length,
    late: wholeTable(table),
    toArray() {
      made++
      return rows.map(([id, name]) => ({ id, name }))
    },
  }
  return { records: late as unknown as readonly Person[], asked, made: () => made }
}

const failedWith = async <U>(steps: (flow: Flow<Person>) => Flow<U>): Promise<string | undefined> => {
  const { report } = await collect([people(['1', 'Ada'], ['2', 'Bob']).records], steps, {
    retry: { attempts: 1, firstMs: 1, maxMs: 1 },
  })
  return report.groups[0]?.error?.message
}

describe('steps on records that are not made yet', () => {
  it('read the fields they need of the rows that are left, and no others', async () => {
    const source = people(['1', 'Ada'], ['2', 'Bob'], ['3', 'Cleo'])
    const seen: string[] = []
    await collect([source.records], flow =>
      flow
        .filter(person => person.id !== '2')
        .select('name')
        .derive({ short: person => person.name.slice(0, 1) })
        .filter(person => {
          seen.push(...source.asked.splice(0))
          return person.short !== 'A'
        }),
    )

    expect(seen).toEqual(['id of 0', 'id of 1', 'id of 2', 'name of 0', 'name of 2'])
    expect(source.made()).toBe(0)
  })

  it('give plain objects to map and to sinks, free to keep', async () => {
    const kept: unknown[] = []
    const { written } = await collect([people(['1', 'Ada'], ['2', 'Bob']).records], flow =>
      flow
        .filter(person => person.id !== '1')
        .map(person => {
          kept.push(person)
          return person
        }),
    )

    expect(kept).toEqual([{ id: '2', name: 'Bob' }])
    expect(written).toEqual(kept)
    expect(Object.getOwnPropertyDescriptor(kept[0], 'id')).toMatchObject({ value: '2' })
  })

  it('lend a record that can be spread, listed, shown and written as JSON', async () => {
    const shown: string[] = []
    await collect([people(['1', 'Ada']).records], flow =>
      flow.filter(person => {
        shown.push(JSON.stringify({ ...person }), Object.keys(person).join(), inspect(person), String('name' in person))
        return true
      }),
    )

    expect(shown).toEqual(['{"id":"1","name":"Ada"}', 'id,name', "{ id: '1', name: 'Ada' }", 'true'])
  })

  it.each([
    ['by the next call', (kept: Person[]) => (person: Person) => kept.push(person) < 2 || kept[0]?.id === '1'],
    ['by a later step', (kept: Person[]) => (person: Person) => kept.push(person) > 0],
  ])('tell a function that keeps its record, when that is read %s', async (_, keeping) => {
    const kept: Person[] = []
    const message = await failedWith(flow => flow.filter(keeping(kept)).derive({ first: () => kept[0]?.name }))

    expect(message).toMatch(/^Step [12] (filter|derive) failed at record .*a record was kept .*\{ \.\.\.record \}/)
  })

  it('tell a function that changes its record', async () => {
    const message = await failedWith(flow =>
      flow.filter(person => {
        ;(person as { id: string }).id = '3'
        return true
      }),
    )

    expect(message).toContain('records are not changed in filter and derive')
  })

  it('go on with records where a schema has to be waited for, and ask it no less', async () => {
    const schema = z.object({ id: z.coerce.number(), name: z.string().refine(async name => name !== 'Bob') })
    const { written, rejects } = await collect([people(['1', 'Ada'], ['2', 'Bob'], ['x', 'Cleo']).records], flow =>
      flow.filter(() => true).validate(schema),
    )

    expect(written).toEqual([{ id: 1, name: 'Ada' }])
    expect(rejects.map(({ row, raw }) => [row, raw])).toEqual([
      [1, { id: '2', name: 'Bob' }],
      [2, { id: 'x', name: 'Cleo' }],
    ])
  })

  it('keep a record of their own as a field', async () => {
    const { written } = await collect([people(['1', 'Ada']).records], flow => flow.derive({ self: person => person }))

    expect(written).toEqual([{ id: '1', name: 'Ada', self: { id: '1', name: 'Ada' } }])
  })
})
