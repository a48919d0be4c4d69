import type { RelatedTablesOptions } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { fixedReferences, loadSteps, overwritten, planRelated } from '../src/index.js'
import { columns, declaration, type Reading, rules } from './support/plants.js'

const plan = (over: Partial<RelatedTablesOptions<Reading>> = {}) => planRelated({ ...declaration, ...over }, columns, rules)
const problemsOf = (over: Partial<RelatedTablesOptions<Reading>>): readonly string[] => {
  try {
    plan(over)
    return []
  } catch (error) {
    expect(error).toMatchObject({ code: 'ETL_CONFIG_INVALID' })
    return (error as { context: { problems: string[] } }).context.problems
  }
}
const table = (name: string, of = plan()) => {
  const found = of.tables.find(each => each.name === name)
  if (!found) throw new Error(`no table ${name}`)
  return found
}

describe('a plan of related tables', () => {
  test('has what is referred to first', () => {
    expect(plan().tables.map(({ name }) => name)).toEqual(['botanist', 'town', 'plant', 'reading'])
  })

  test('gives ids to tables that are referred to, and to no others', () => {
    expect(plan().tables.map(({ id }) => id)).toEqual(['botanist_id', 'town_id', 'plant_id', undefined])
  })

  test('gives a table of a schema an id without the name of the schema', () => {
    const tables = {
      'a.town': { columns: { name: 'town' as const }, key: ['name'] },
      plant: { columns: { no: 'plant' as const }, references: { town: 'a.town' }, key: ['no'] },
    }

    expect(table('a.town', plan({ tables, views: {} }))).toMatchObject({ id: 'town_id', at: { schema: 'a', name: 'town' } })
  })

  test('has physical columns with types, and no null in keys', () => {
    expect(table('town').columns).toEqual([
      { name: 'town_id', type: { kind: 'int64' }, nullable: false, role: 'id' },
      { name: 'name', type: { kind: 'string' }, nullable: false, role: 'field', field: 4 },
      { name: 'country', type: { kind: 'string' }, nullable: false, role: 'field', field: 5 },
    ])
  })

  test('lets a reference be null where the key of the other table may be', () => {
    const nullable = (name: string, column: string) => table(name).columns.find(each => each.name === column)?.nullable

    expect([nullable('plant', 'town_id'), nullable('reading', 'plant_id')]).toEqual([true, false])
  })

  test('stages only the fields that some table holds', () => {
    const { fields } = plan({ tables: { plant: { columns: { no: 'plant' }, key: ['no'] } }, views: {} })

    expect(fields.map(({ name }) => name)).toEqual(['plant'])
  })

  test('writes, then resolves what others refer to', () => {
    const of = plan()

    expect(loadSteps(of).map(({ kind, table }) => `${kind} ${of.tables[table]?.name}`)).toEqual([
      'write botanist',
      'resolve botanist',
      'write town',
      'resolve town',
      'write plant',
      'resolve plant',
      'write reading',
    ])
  })

  test('overwrites what is no key, and nothing of what is kept', () => {
    expect(overwritten(table('plant')).map(({ name }) => name)).toEqual(['plant_name', 'botanist_id', 'town_id'])
    expect(overwritten(table('reading'))).toEqual([])
    expect(fixedReferences(table('plant'))).toEqual([])
    expect(fixedReferences(table('reading')).map(({ name }) => name)).toEqual(['plant_id'])
  })

  test('has the time from which on a row held in what is unique with history', () => {
    const tables = {
      ...declaration.tables,
      plant: { ...declaration.tables.plant, key: ['plant_no'], history: { of: ['plant_name'], at: 'takenAt' as const } },
    }
    const of = plan({ tables })

    expect(table('plant', of)).toMatchObject({ mode: 'history', unique: ['plant_no', 'valid_from'], history: { at: 6 } })
    expect(table('plant', of).columns.slice(-2)).toEqual([
      { name: 'valid_from', type: { kind: 'timestamp', precision: 6 }, nullable: false, role: 'from' },
      { name: 'valid_until', type: { kind: 'timestamp', precision: 6 }, nullable: true, role: 'until' },
    ])
    expect(loadSteps(of).filter(({ kind }) => kind === 'adopt')).toEqual([{ kind: 'adopt', table: 3 }])
  })

  test('has views with each field once, from the nearest table, under the record’s names', () => {
    const [view] = plan().views

    expect(view?.columns.map(({ table, column, as }) => [plan().tables[table]?.name, column, as])).toEqual([
      ['plant', 'plant_no', 'plant'],
      ['plant', 'plant_name', 'name'],
      ['botanist', 'name', 'botanist'],
      ['botanist', 'phone', 'phone'],
      ['town', 'name', 'town'],
      ['town', 'country', 'country'],
      ['reading', 'taken_at', 'takenAt'],
      ['reading', 'moisture', 'moisture'],
    ])
    expect(view?.joins.map(({ column }) => column)).toEqual(['plant_id', 'botanist_id', 'town_id'])
  })

  test('joins a table once that is reached in two ways', () => {
    const tables = {
      town: { columns: { name: 'town' as const }, key: ['name'] },
      botanist: { columns: { name: 'botanist' as const }, references: { home: 'town' }, key: ['name'] },
      plant: { columns: { no: 'plant' as const }, references: { origin: 'town', by: 'botanist' }, key: ['no'] },
    }

    expect(plan({ tables, views: { flat: 'plant' } }).views[0]?.joins.map(({ column }) => column)).toEqual(['origin', 'by'])
  })
})

describe('a declaration that cannot be', () => {
  test('is refused with everything that is wrong', () => {
    const problems = problemsOf({
      tables: {
        plant: { columns: { no: 'plan' as 'plant' }, references: { town_id: 'city' }, key: ['number', 'no'] },
        PLANT: { columns: { 'a\0': 'name' }, key: [] },
        _millrace_x: { columns: { name: 'name', NAME: 'phone' }, key: ['name', 'name'], id: 'Name' },
      },
      views: { flat: 'reading', '': 'plant' },
    })

    expect(problems.join('\n')).toMatchInlineSnapshot(`
      ""PLANT" is there twice (upper and lower case are the same, and views are named like tables)
      the table name "_millrace_x" begins with _millrace_, which is kept for state
      table "plant": column "no" holds the field "plan", which records do not have
      table "plant": "town_id" refers to the table "city", which is not declared
      table "plant": "key" names "number", which is none of its columns and references
      table "PLANT": the column name "a\u0000" holds a NUL character
      table "PLANT": "key" is empty: name the columns by which a row is known
      table "_millrace_x": the column "name" is there twice (ids and history have columns, too)
      table "_millrace_x": the column "NAME" is there twice (ids and history have columns, too)
      table "_millrace_x": "key" names "name" twice
      view "flat" is of "reading", which is not declared
      the view name "" is empty"
    `)
  })

  test('is refused when it names no table', () => {
    expect(problemsOf({ tables: {}, views: {} })).toEqual(['"tables" names no table'])
  })

  test.each([
    ['itself', { a: { references: { b: 'a' }, key: ['b'] } }, 'a -> a'],
    ['each other', { a: { references: { x: 'b' }, key: ['x'] }, b: { references: { y: 'a' }, key: ['y'] } }, 'a -> b -> a'],
  ])('is refused when tables refer to %s', (_, tables, cycle) => {
    expect(problemsOf({ tables, views: {} })).toEqual([`tables refer to each other in a circle: ${cycle}`])
  })

  test('is refused when history contradicts itself', () => {
    const history = { of: ['no', 'nme'], at: 'name' as const, from: 'no' }
    const problems = problemsOf({
      tables: { plant: { columns: { no: 'plant' }, key: ['no'], changes: 'keep', history } },
      views: {},
    })

    expect(problems).toEqual([
      'table "plant": the column "no" is there twice (ids and history have columns, too)',
      'table "plant": "changes: keep" and "history" contradict each other',
      'table "plant": "history.of" names "no", which is part of the key and never changes',
      'table "plant": "history.of" names "nme", which is none of its columns and references',
      'table "plant": "history.at" is the field "name", which is no timestamp',
    ])
  })

  test('is refused for keys that hold json, and for what the database cannot compare', () => {
    const json = [{ name: 'plant', type: { kind: 'json' as const }, nullable: false }]
    const strict = { ...rules, keyProblem: () => 'it is too long' }
    const tables = { plant: { columns: { no: 'plant' as const }, key: ['no'] } }

    expect(() => planRelated<Reading>({ tables }, json, rules)).toThrow('cannot be part of the key: it holds json')
    expect(() => planRelated<Reading>({ tables }, columns, strict)).toThrow('cannot be part of the key: it is too long')
  })
})
