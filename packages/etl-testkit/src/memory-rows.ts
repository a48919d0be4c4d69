import type { SinkCapabilities } from '@millrace/etl-core'

/** One stored record and where it came from. */
export interface StoredRow<T> {
  readonly loadId: string
  /** Of the owner that wrote it. */
  readonly epoch: number
  readonly group: string
  readonly split: string
  readonly batchId: string
  readonly batchNo: number
  readonly record: T
}

/** Rows as they lie in the memory sink; pure functions over them. */
export type StoredRows<T> = readonly StoredRow<T>[]

/** What a table holds after rows were added as the capabilities say. */
export function withRows<T>(
  table: StoredRows<T>,
  rows: StoredRows<T>,
  how: Pick<SinkCapabilities, 'disposition' | 'replay'>,
  keyOf: (record: T) => string,
): StoredRows<T> {
  const idempotent = how.replay === 'idempotent'
  if (how.disposition === 'merge') return rows.reduce((all, row) => [...all.filter(old => !replaces(row, old)), row], table)
  const written = new Set(rows.map(row => row.batchId))
  return [...(idempotent ? table.filter(row => !written.has(row.batchId)) : table), ...rows]

  // A merge that duplicates on replay removes what earlier loads left of a key, as one that deletes once and then inserts does.
  function replaces(row: StoredRow<T>, old: StoredRow<T>): boolean {
    return keyOf(row.record) === keyOf(old.record) && (idempotent || row.loadId !== old.loadId)
  }
}

/** What readers see once a group is published: its staged rows in plan order. Publishing again changes nothing. */
export function published<T>(
  visible: StoredRows<T>,
  staged: StoredRows<T>,
  group: { readonly name: string; readonly splits: readonly string[]; readonly loadId: string },
  how: Pick<SinkCapabilities, 'disposition'>,
  keyOf: (record: T) => string,
): StoredRows<T> {
  const rows = group.splits.flatMap(split =>
    staged.filter(row => row.loadId === group.loadId && row.split === split).toSorted((a, b) => a.batchNo - b.batchNo),
  )
  if (how.disposition === 'merge') return withRows(visible, rows, { disposition: 'merge', replay: 'idempotent' }, keyOf)
  const stays = (row: StoredRow<T>) => row.group !== group.name || (how.disposition === 'append' && row.loadId !== group.loadId)
  return [...visible.filter(stays), ...rows]
}
