import type { Column } from '@millrace/schema/columns'
import { tableName } from './names.js'
import type { PlannedTable, PlannedView } from './plan.js'

/**
 * Views of tables with all they refer to. A field that several tables hold is taken from the one that is nearest; a table that is reached
 * in several ways is joined once, as one record has one row of it. The id of the table itself comes first: rows can be named by it.
 */
export function plannedViews(
  views: Readonly<Record<string, string>>,
  tables: readonly PlannedTable[],
  fields: readonly Column[],
): readonly PlannedView[] {
  return Object.entries(views).map(([name, of]) => {
    const root = tables.findIndex(table => table.name === of)
    const reached = [root]
    const joins: { from: number; column: string; to: number }[] = []
    const columns: { table: number; column: string; as: string }[] = []
    // Grows while it is walked: nearest first.
    for (const from of reached) {
      for (const column of tables[from]?.columns ?? []) {
        if (column.role === 'reference' && !reached.includes(column.to)) {
          reached.push(column.to)
          joins.push({ from, column: column.name, to: column.to })
        }
        const as = column.role === 'field' ? (fields[column.field]?.name as string) : undefined
        if (as !== undefined && !columns.some(each => each.as === as)) columns.push({ table: from, column: column.name, as })
      }
    }
    const order = new Map(fields.map((field, index) => [field.name, index]))
    columns.sort((a, b) => (order.get(a.as) ?? 0) - (order.get(b.as) ?? 0))
    const id = tables[root]?.id
    const named =
      id === undefined || columns.some(({ as }) => as === id) ? columns : [{ table: root, column: id, as: id }, ...columns]
    return { name, at: tableName(name), table: root, joins, columns: named }
  })
}
