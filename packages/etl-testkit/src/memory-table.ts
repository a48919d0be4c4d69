import { canonicalJson, type Json, type Source, SourceError, toJson } from '@millrace/etl-core'

/** What {@link memoryTable} is made of. */
export interface MemoryTableOptions<T> {
  /** The fields a row is known by, unique together. Rows are read in their order. */
  readonly key: readonly (keyof T & string)[]
  readonly rows?: readonly T[]
  /** Records per batch. Default 2. */
  readonly batchSize?: number
  /** Whether a row is not to be read yet, as one that is too young. Asked when a load is planned. Default: none is. */
  waits?(row: T): boolean
  readonly name?: string
}

/** A table in memory, as a source, and what lies in it. */
export interface MemoryTable<T> extends Source<T> {
  /** All rows, in the order of their keys. */
  rows(): readonly T[]
  /** Adds rows; one with a known key takes the other's place. */
  add(rows: readonly T[]): void
}

/**
 * A source over a table in memory whose rows can be removed, for tests of moves. What a load reads is decided in its plan, row by row: what
 * comes later it leaves where it is.
 *
 * @throws While reading SourceError `ETL_SOURCE_CHANGED` if a row that was planned is gone.
 * @example
 * const readings = memoryTable<Reading>({ key: ['plant', 'taken_at'], rows: [first, second] })
 */
export function memoryTable<T>(options: MemoryTableOptions<T>): MemoryTable<T> {
  const { key, batchSize = 2, waits = () => false, name = 'memory' } = options
  const table = new Map<string, T>()
  const valuesOf = (row: T) => key.map(field => toJson(row[field]))
  const rows = () => [...table.values()].sort((a, b) => compared(valuesOf(a), valuesOf(b)))
  const add = (more: readonly T[]) => {
    for (const row of more) table.set(canonicalJson(valuesOf(row)), row)
  }
  add(options.rows ?? [])

  return {
    name,
    capabilities: { resumable: true, rereads: 'same' },
    rows,
    add,
    async plan() {
      const keys = rows()
        .filter(row => !waits(row))
        .map(row => canonicalJson(valuesOf(row)))
      return { splits: keys.length === 0 ? [] : [{ id: 'rows', params: keys }] }
    },
    async *read(split, from, ctx) {
      const keys = split.params as readonly string[]
      for (let at = typeof from === 'number' ? from : 0; at < keys.length; at += batchSize) {
        ctx.signal.throwIfAborted()
        const batch = keys.slice(at, at + batchSize)
        const records = batch.flatMap(each => (table.has(each) ? [table.get(each) as T] : []))
        if (records.length < batch.length) throw changed(name)
        yield { records, cursor: at + batch.length }
      }
    },
    removal: {
      key,
      remove: async keys => keys.filter(values => table.delete(canonicalJson(values))).length,
    },
  }
}

/** Numbers by their size, anything else as text. */
function compared(a: readonly Json[], b: readonly Json[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] as Json
    const [x, y] = typeof left === 'number' && typeof right === 'number' ? [left, right] : [String(left), String(right)]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}

const changed = (name: string) =>
  new SourceError('ETL_SOURCE_CHANGED', `Rows of "${name}" that were planned are gone.`, { retry: 'never' })
