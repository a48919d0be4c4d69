import type { Column } from '../views/late-columns.js'
import { recordViews } from '../views/record-views.js'
import { fieldsAdder } from './add-fields.js'
import { atOnceOnly, eachRow, eachView, putField, type Step } from './step.js'

type Fields = Record<string, unknown>

/** Keeps only these fields, in this order. A field a record lacks stays absent. */
export function selectStep(keys: readonly string[]): Step {
  return {
    name: 'select',
    keepsShape: false,
    apply: (set, run, stage) =>
      eachRow(set, run, stage, (row, emit) => {
        const out: Fields = {}
        for (const key of keys) if (Object.hasOwn(row as Fields, key)) putField(out, key, (row as Fields)[key])
        emit(out)
      }),
    onViews: columns => ({
      columns: [...new Set(keys)].flatMap(key => columns.find(({ name }) => name === key) ?? []),
    }),
  }
}

/** Leaves these fields out. */
export function omitStep(keys: readonly string[]): Step {
  const gone = new Set(keys)
  return {
    name: 'omit',
    keepsShape: false,
    apply: (set, run, stage) =>
      eachRow(set, run, stage, (row, emit) => {
        const out: Fields = {}
        for (const key of Object.keys(row as Fields)) if (!gone.has(key)) putField(out, key, (row as Fields)[key])
        emit(out)
      }),
    onViews: columns => ({ columns: columns.filter(({ name }) => !gone.has(name)) }),
  }
}

/** Renames fields in their place; a new name that already stands there is replaced. */
export function renameStep(names: Readonly<Record<string, string>>): Step {
  const taken = new Set(Object.values(names))
  return {
    name: 'rename',
    keepsShape: false,
    apply: (set, run, stage) =>
      eachRow(set, run, stage, (row, emit) => {
        const out: Fields = {}
        for (const key of Object.keys(row as Fields)) {
          const renamed = Object.hasOwn(names, key) ? names[key] : undefined
          if (renamed !== undefined) putField(out, renamed, (row as Fields)[key])
          else if (!taken.has(key)) putField(out, key, (row as Fields)[key])
        }
        emit(out)
      }),
    onViews(columns) {
      const out = new Map<string, Column>()
      for (const column of columns) {
        const renamed = Object.hasOwn(names, column.name) ? names[column.name] : undefined
        if (renamed !== undefined) out.set(renamed, { ...column, name: renamed })
        else if (!taken.has(column.name)) out.set(column.name, column)
      }
      return { columns: [...out.values()] }
    },
  }
}

/** Adds or replaces fields. Every function sees the record as it came in, not the other new fields. */
export function deriveStep(fields: Readonly<Record<string, (record: never) => unknown>>): Step {
  const names = Object.keys(fields)
  const makes = Object.values(fields) as ((record: unknown) => unknown)[]
  const add = fieldsAdder(names)
  return {
    name: 'derive',
    keepsShape: false,
    apply: (set, run, stage) => {
      const values: unknown[] = names.map(() => undefined)
      return eachRow(set, run, stage, (row, emit) => {
        for (let index = 0; index < makes.length; index++)
          values[index] = atOnceOnly((makes[index] as (record: unknown) => unknown)(row))
        emit(add(row, values))
      })
    },
    onViews(columns, { block, newSlot }) {
      const lent = recordViews(columns, block)
      const made = names.map(name => ({ name, at: newSlot() }))
      return {
        columns: withColumns(columns, made),
        run(_, run, stage) {
          const slots = made.map(({ at }) => block.slots[-1 - at] as unknown[])
          eachView(block, lent, run, stage, (view, row) => {
            for (let index = 0; index < makes.length; index++) {
              const value = atOnceOnly((makes[index] as (record: unknown) => unknown)(view))
              // The record itself as a field: what was lent is not there later.
              ;(slots[index] as unknown[])[row] = value === view ? { ...view } : value
            }
            return true
          })
          return undefined
        },
      }
    },
  }
}

/** Columns with others added; those of the same name are replaced in their place. */
export function withColumns(columns: readonly Column[], added: readonly Column[]): readonly Column[] {
  const out = new Map(columns.map(column => [column.name, column]))
  for (const column of added) out.set(column.name, column)
  return [...out.values()]
}
