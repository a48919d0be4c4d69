import { type Cursor, EtlError, type Plan, type RunContext, recordsOf, type Split } from '@millrace/etl-core'
import { testContext, testSplitContext, throughJson } from '../contexts.js'
import type { SourceWorld } from './suite.js'

/** One batch as it came, its cursor as state gives it back. */
export interface SeenBatch<T> {
  readonly records: readonly T[]
  readonly cursor: Cursor
  readonly unreadable: number
}

/** The context a world's source is told. */
export function contextOf<T>(world: SourceWorld<T>, over: Partial<RunContext> = {}): RunContext {
  return testContext({ ...world.context, ...over })
}

/** Plans as the runner does. A group that failed while planning is thrown, so that faults look alike wherever they strike. */
export async function planOf<T>(world: SourceWorld<T>, over: Partial<RunContext> = {}): Promise<Plan> {
  const plan = await world.source.plan(contextOf(world, over))
  const failed = plan.failed?.[0]?.error
  if (failed) throw new EtlError(failed.code, failed.message, { retry: failed.retry })
  return throughJson(plan)
}

/** Begins to read a split. */
export function readingOf<T>(world: SourceWorld<T>, split: Split, from?: Cursor, signal?: AbortSignal) {
  const ctx = testSplitContext({ ...contextOf(world), split, ...(signal === undefined ? {} : { signal }) })
  return world.source.read(throughJson(split), from, ctx)[Symbol.asyncIterator]()
}

/** Reads a split to its end. */
export async function readSplit<T>(world: SourceWorld<T>, split: Split, from?: Cursor): Promise<SeenBatch<T>[]> {
  const batches: SeenBatch<T>[] = []
  const reading = readingOf(world, split, from)
  for (let item = await reading.next(); !item.done; item = await reading.next()) {
    const { records, cursor, unreadable = [] } = item.value
    batches.push({ records: [...recordsOf(records)], cursor: throughJson(cursor), unreadable: unreadable.length })
  }
  return batches
}

/** Reads everything a plan names, split by split. */
export async function readAll<T>(world: SourceWorld<T>, plan: Plan): Promise<SeenBatch<T>[]> {
  const batches: SeenBatch<T>[] = []
  for (const split of plan.splits) batches.push(...(await readSplit(world, split)))
  return batches
}

export const recordsIn = <T>(batches: readonly SeenBatch<T>[]): T[] => batches.flatMap(batch => [...batch.records])
