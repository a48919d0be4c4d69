import { groupOf, type Source, type SourceBatch, type Split } from '@millrace/etl-core'
import * as z from 'zod'

/** A record that says where it belongs: what a reader sees can be told apart by it. */
export interface Row {
  readonly id: string
  readonly group: string
  readonly version: number
  readonly amount: number
}

/** What the pipelines of these proofs take; a negative amount is rejected. */
export const rowSchema = z.object({ id: z.string(), group: z.string(), version: z.int(), amount: z.int().min(0) })

/** Splits by group, and the records of each split. */
export type Shape = Readonly<Record<string, Readonly<Record<string, number>>>>

export const isGood = (row: Row): boolean => row.amount >= 0

/** A split's records of one version. Every third is one that `rowSchema` refuses. */
export function rowsOf(group: string, split: string, count: number, version: number): Row[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${split}-${version}-${at}`,
    group,
    version,
    amount: at % 3 === 2 ? -1 : at,
  }))
}

/** All records of one version of a group, or of all. */
export function allRows(shape: Shape, version: number, only?: string): Row[] {
  return Object.entries(shape).flatMap(([group, splits]) =>
    only !== undefined && only !== group
      ? []
      : Object.entries(splits).flatMap(([split, count]) => rowsOf(group, split, count, version)),
  )
}

/** How a {@link versioned} source hands its records over. */
export interface VersionedOptions {
  readonly shape: Shape
  /** The version that is there now. */
  version(): number
  readonly resumable?: boolean
  /** Records per batch; asked for each read, as downloads are cut differently each time. */
  batchSize?(): number
}

/** A source whose data get newer: a group whose bookmark is the version is unchanged, and a split once planned reads its own version. */
export function versioned({ shape, version, resumable = true, batchSize = () => 2 }: VersionedOptions): Source<Row> {
  return {
    name: 'versions',
    capabilities: { resumable, rereads: 'same' },
    async plan(ctx) {
      const now = version()
      const changed = Object.keys(shape).filter(group => ctx.bookmarks.get(group) !== now)
      const splits = changed.flatMap(group => Object.keys(shape[group] ?? {}).map(split => splitOf(group, split, now)))
      const skipped = Object.keys(shape).filter(group => !changed.includes(group))
      return {
        splits,
        bookmarks: Object.fromEntries(changed.map(group => [group, now])),
        skipped: skipped.map(group => ({ group, reason: 'unchanged' as const })),
      }
    },
    async *read(split, from, ctx): AsyncIterable<SourceBatch<Row>> {
      const { name, version: of } = split.params as { name: string; version: number }
      const rows = rowsOf(groupOf(split), name, shape[groupOf(split)]?.[name] ?? 0, of)
      const size = batchSize()
      for (let at = typeof from === 'number' ? from : 0; at < rows.length; at += size) {
        ctx.signal.throwIfAborted()
        yield {
          records: rows.slice(at, at + size),
          cursor: Math.min(at + size, rows.length),
          positionOf: row => ({ record: at + row }),
        }
      }
    },
  }
}

const splitOf = (group: string, name: string, version: number): Split => ({
  id: `${name}-v${version}`,
  group,
  params: { name, version },
  labels: { version: `v${version}` },
})
