import type { ConfigError } from '@millrace/etl-core'
import { type Column, type ColumnType, compareColumns, incompatibleColumns } from '@millrace/schema/columns'
import { sameName } from './names.js'
import type { DatabaseRules, PlannedColumn, PlannedTable } from './plan.js'

/** A column as a database's catalog tells it. */
export interface StoredColumn {
  readonly name: string
  /** As the catalog spells it. */
  readonly type: string
  readonly nullable: boolean
  /** The database fills it when nobody does: a default, an identity, a computed column. */
  readonly filled: boolean
}

/** A table as a database's catalog tells it. */
export interface StoredTable {
  readonly columns: readonly StoredColumn[]
  /** Columns that are unique together, the primary key among them. */
  readonly unique: readonly (readonly string[])[]
  /** It has checks or keys that no plan knows of, so the database may refuse single rows. */
  readonly strict: boolean
}

/** What someone has to do by hand; a dialect has the statement. */
export type ByHand =
  | {
      readonly do: 'change type' | 'allow null' | 'drop column' | 'add column' | 'give ids'
      readonly column: PlannedColumn | StoredColumn
    }
  | { readonly do: 'make unique'; readonly columns: readonly string[] }

/** How a planned table relates to what is stored. */
export type TableComparison =
  | { readonly kind: 'create' }
  | { readonly kind: 'same' }
  /** These nullable columns can be added. */
  | { readonly kind: 'grows'; readonly added: readonly PlannedColumn[] }
  | { readonly kind: 'incompatible'; readonly problems: readonly string[]; readonly byHand: readonly ByHand[] }

/**
 * Compares a planned table with the stored one, by names in any case and by the types that are really stored. It may grow by nullable
 * columns. Stored columns that the plan does not know are fine where the database fills them itself.
 */
export function compareTable(table: PlannedTable, stored: StoredTable | undefined, rules: DatabaseRules): TableComparison {
  if (!stored) return { kind: 'create' }
  const known = (name: string) => table.columns.find(column => sameName(column.name, name))
  const counted = stored.columns.filter(column => known(column.name) || !column.filled)
  const comparison = compareColumns(
    counted.map(column => asColumn(column, known(column.name), rules)),
    table.columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
  )
  const unique = [...uniqueProblems(table, stored), ...idProblems(table, stored)]
  const problems = [...(comparison.kind === 'incompatible' ? comparison.problems : []), ...unique.map(({ problem }) => problem)]
  if (problems.length > 0) {
    return {
      kind: 'incompatible',
      problems,
      byHand: [...changesByHand(table, counted, rules), ...unique.map(({ byHand }) => byHand)],
    }
  }
  if (comparison.kind !== 'grows') return { kind: 'same' }
  const added = comparison.added.map(({ name }) => name)
  return { kind: 'grows', added: table.columns.filter(({ name }) => added.includes(name)) }
}

/** A type that only the catalog has words for, in the place of one of ours: it is compared and shown by its name. */
const foreignType = (type: string): ColumnType => ({ kind: type }) as unknown as ColumnType

/** A stored column as the wanted one where that is what it is: the same type, the same spelling. */
function asColumn(stored: StoredColumn, wanted: PlannedColumn | undefined, rules: DatabaseRules): Column {
  const same = wanted && rules.physicalType(wanted.type) === stored.type
  return { name: wanted?.name ?? stored.name, type: same ? wanted.type : foreignType(stored.type), nullable: stored.nullable }
}

function uniqueProblems(
  { unique }: PlannedTable,
  stored: StoredTable,
): readonly { readonly problem: string; readonly byHand: ByHand }[] {
  const isThere = stored.unique.some(
    columns => columns.length === unique.length && columns.every(name => unique.some(each => sameName(each, name))),
  )
  if (unique.length === 0 || isThere) return []
  const names = unique.map(name => `"${name}"`).join(', ')
  return [
    {
      problem: `${names} ${unique.length === 1 ? 'is' : 'are'} not unique there`,
      byHand: { do: 'make unique', columns: unique },
    },
  ]
}

/** Rows are written without an id, so the database has to give one. */
function idProblems({ columns }: PlannedTable, stored: StoredTable): ReturnType<typeof uniqueProblems> {
  return columns.flatMap(column => {
    const there = column.role === 'id' && stored.columns.find(({ name }) => sameName(name, column.name))
    return there && !there.filled
      ? [{ problem: `"${column.name}" is given no value by the database`, byHand: { do: 'give ids' as const, column } }]
      : []
  })
}

function changesByHand(table: PlannedTable, stored: readonly StoredColumn[], rules: DatabaseRules): readonly ByHand[] {
  const there = (name: string) => stored.find(column => sameName(column.name, name))
  return [
    ...stored.flatMap((column): ByHand[] => {
      const wanted = table.columns.find(each => sameName(each.name, column.name))
      if (!wanted) return [{ do: 'drop column', column }]
      if (rules.physicalType(wanted.type) !== column.type) return [{ do: 'change type', column: wanted }]
      return wanted.nullable && !column.nullable ? [{ do: 'allow null', column: wanted }] : []
    }),
    ...table.columns.flatMap((column): ByHand[] => (there(column.name) || column.nullable ? [] : [{ do: 'add column', column }])),
  ]
}

/**
 * The error for a table that does not fit, thrown before the first write, with the statements that would make it fit.
 *
 * @param place - Where, for people: `duckdb:plants.duckdb`.
 */
export function incompatibleTable(
  place: string,
  { name }: PlannedTable,
  { problems }: Extract<TableComparison, { kind: 'incompatible' }>,
  statements: readonly string[],
): ConfigError {
  const remedy = statements.length === 0 ? undefined : `by hand, if that is what you want: ${statements.join('; ')};`
  return incompatibleColumns(`table ${name} in ${place}`, problems, remedy)
}
