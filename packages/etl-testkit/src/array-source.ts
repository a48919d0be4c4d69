import { groupOf, type Json, type Source, type SourceBatch, type Split } from '@millrace/etl-core'

/** What {@link arraySource} is made of. */
export interface ArraySourceOptions<T> {
  /** The records of each split, by split id. */
  readonly splits: Readonly<Record<string, readonly T[]>>
  /** Records per batch. Default 2. */
  readonly batchSize?: number
  /** The group of all splits, or of each by id. Default: every split its own. */
  readonly group?: string | Readonly<Record<string, string>>
  /** What every group's bookmark is once published. Groups that already have it are unchanged. Default: no bookmarks. */
  readonly bookmark?: Json
  /** `mayDiffer` hands over the records in another order and in other batches at every second read. Default `same`. */
  readonly rereads?: 'same' | 'mayDiffer'
  /** Default true. */
  readonly resumable?: boolean
  readonly name?: string
}

/** A source over arrays that tells what was asked of it. */
export interface ArraySource<T> extends Source<T> {
  readonly asked: {
    readonly plans: number
    /** `split@cursor` for each read. */
    readonly reads: readonly string[]
    readonly batches: number
  }
}

/**
 * A source over arrays, for tests: small batches, cursors that count records, and exactly the capabilities it declares. With
 * `rereads: 'mayDiffer'` the cursor names the records that were handed over, so going on from it stays right whatever the order.
 */
export function arraySource<T>(options: ArraySourceOptions<T>): ArraySource<T> {
  const { splits: records, batchSize = 2, bookmark, rereads = 'same', resumable = true } = options
  const asked = { plans: 0, reads: [] as string[], batches: 0 }
  const groupFor = (id: string) => (typeof options.group === 'string' ? options.group : options.group?.[id])
  const splits: Split[] = Object.keys(records).map(id => {
    const group = groupFor(id)
    return { id, params: null, ...(group === undefined ? {} : { group }) }
  })
  const groups = [...new Set(splits.map(groupOf))]

  return {
    name: options.name ?? 'array',
    capabilities: { resumable, rereads },
    asked,
    async plan(ctx) {
      asked.plans++
      if (bookmark === undefined) return { splits }
      const known = JSON.stringify(bookmark)
      const unchanged = groups.filter(group => JSON.stringify(ctx.bookmarks.get(group)) === known)
      return {
        splits: splits.filter(split => !unchanged.includes(groupOf(split))),
        bookmarks: Object.fromEntries(groups.map(group => [group, bookmark])),
        skipped: unchanged.map(group => ({ group, reason: 'unchanged' as const })),
      }
    },
    async *read(split, cursor, ctx) {
      const all = records[split.id] ?? []
      const turn = asked.reads.push(`${split.id}@${JSON.stringify(cursor ?? null)}`)
      const batches = rereads === 'same' ? inOrder(all, cursor, batchSize) : inTurns(all, cursor, batchSize, turn)
      for (const batch of batches) {
        ctx.signal.throwIfAborted()
        asked.batches++
        yield batch
      }
    },
  }
}

function* inOrder<T>(all: readonly T[], cursor: Json | undefined, batchSize: number): Generator<SourceBatch<T>> {
  for (let at = typeof cursor === 'number' ? cursor : 0; at < all.length; at += batchSize)
    yield { records: all.slice(at, at + batchSize), cursor: Math.min(at + batchSize, all.length) }
}

/** The cursor lists the records handed over. Odd turns go forwards, even ones backwards in batches one larger. */
function* inTurns<T>(all: readonly T[], cursor: Json | undefined, batchSize: number, turn: number): Generator<SourceBatch<T>> {
  const seen = new Set((cursor as readonly number[] | undefined) ?? [])
  const left = all.map((_, index) => index).filter(index => !seen.has(index))
  const size = turn % 2 === 1 ? batchSize : batchSize + 1
  if (turn % 2 === 0) left.reverse()
  for (let at = 0; at < left.length; at += size) {
    const now = left.slice(at, at + size)
    for (const index of now) seen.add(index)
    yield { records: now.map(index => all[index] as T), cursor: [...seen].sort((a, b) => a - b) }
  }
}
