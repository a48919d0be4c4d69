import assert from 'node:assert/strict'
import {
  type Batch,
  type Checkpoint,
  type Group,
  groupOf,
  hashOf,
  type Json,
  type RunContext,
  rowsOf,
  type Sink,
  type SinkWriter,
  type Split,
  type SplitContext,
} from '@millrace/etl-core'
import { testContext, testSplitContext, testStartMs, throughJson } from '../contexts.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** How one attempt at a split goes. */
export interface AttemptPlan {
  /** What state holds. */
  readonly saved?: Checkpoint | undefined
  /** The last batch written, from 1. Default: all. */
  readonly upTo?: number
  /** Batches after which `flush` is called. Default: every one. */
  flushAfter?(batchNo: number): boolean
  /** Ends the attempt with the first batch whose flush acknowledged something. */
  readonly untilSaved?: boolean
  /** `vanish`: the process is gone, nobody calls the writer again. */
  readonly end: 'commit' | 'suspend' | 'abort' | 'vanish'
}

/** What an attempt left. */
export interface Attempted {
  /** What the last flush acknowledged, or what was saved before. */
  readonly saved: Checkpoint | undefined
  /** What commit gave, as state gives it back; `null` without a commit. */
  readonly receipt: Json
}

/** One load, driven by hand as the runner would. */
export interface DrivenLoad<T> {
  readonly loadId: string
  split(name: string, group?: string): Split
  context(): RunContext
  splitContext(split: Split, over?: Partial<SplitContext>): SplitContext
  /** Opens a writer of the next attempt. */
  open(split: Split, saved?: Checkpoint, signal?: AbortSignal): Promise<SinkWriter<T>>
  /** One attempt at a split whose batches are these. */
  attempt(split: Split, batches: Batches<T>, plan: AttemptPlan): Promise<Attempted>
  batch(split: Split, records: readonly T[], batchNo: number): Batch<T>
  /** Publishes with what lay at the group's places when the load's first writer of it was opened. */
  publish(group: Omit<Group, 'found'>): Promise<void>
  /** Writes one split, commits it and publishes its group. */
  load(batches: Batches<T>, group?: string): Promise<void>
  /** Aborts the writers that nobody ended, so that they let go of what they hold. */
  leave(): Promise<void>
}

/** A split's records, batch by batch. */
export type Batches<T> = readonly (readonly T[])[]

/** Makes a world's sink ready, as the runner does once per run. */
export function prepared<T, W extends SinkWorld<T>>(sink: Sink<T>, suite: SinkSuite<T, W>): Sink<T> {
  sink.prepare?.({ pipeline: 'test', ...(suite.schema === undefined ? {} : { schema: suite.schema }) })
  return sink
}

/** A load over a world. Every attempt has a sink of its own process, where the world can make one, and the next epoch. */
export function drivenLoad<T, W extends SinkWorld<T>>(world: W, suite: SinkSuite<T, W>, number = 1): DrivenLoad<T> {
  const loadId = `load-${number}`
  let attempts = 0
  let sink: Sink<T> = world.sink
  const splits: Split[] = []
  const found = new Map<string, Json>()
  const writers = new Set<SinkWriter<T>>()
  const load = () => ({
    loadId,
    startedAtMs: testStartMs + number,
    attempt: Math.max(1, attempts),
    epoch: number * 100 + attempts,
  })

  const driven: DrivenLoad<T> = {
    loadId,
    split(name, group = 'group-1') {
      const split = { id: name, params: null, group, labels: suite.labels?.(group) ?? { group } }
      splits.push(split)
      return split
    },
    context: () => testContext({ load: load() }),
    splitContext: (split, over = {}) => testSplitContext({ load: load(), split, ...over }),
    async open(split, saved, signal) {
      if (attempts++ > 0 && world.another) sink = prepared(world.another(), suite)
      const group = groupOf(split)
      if (sink.survey && !found.has(group)) {
        const together = splits.filter(each => groupOf(each) === group)
        found.set(group, throughJson(await sink.survey(together, driven.context())))
      }
      const resume = sink.capabilities.durableAt === 'flush' ? throughJson(saved) : undefined
      const over = { ...(resume === undefined ? {} : { resume }), ...(signal === undefined ? {} : { signal }) }
      const writer = await sink.open(driven.splitContext(split, over))
      writers.add(writer)
      return writer
    },
    batch: (split, records, batchNo) => ({
      id: hashOf(['test', loadId, split.id, batchNo === 1 ? null : batchNo - 1]),
      checkpoint: { cursor: batchNo, batchNo },
      rows: rowsOf(records),
      rawOf: row => ({ batch: batchNo, row }),
    }),
    async attempt(split, batches, plan) {
      const writer = await driven.open(split, plan.saved)
      const inside = sink.capabilities.cursor === 'inTransaction'
      const from = (inside ? writer.resumeFrom : sink.capabilities.durableAt === 'flush' ? plan.saved : undefined)?.batchNo ?? 0
      let saved = plan.saved
      for (let batchNo = from + 1; batchNo <= (plan.upTo ?? batches.length); batchNo++) {
        await writer.write(driven.batch(split, batches[batchNo - 1] ?? [], batchNo))
        if (plan.flushAfter?.(batchNo) ?? true) saved = acknowledged(await writer.flush(), saved, batchNo, sink)
        if (plan.untilSaved && saved !== undefined) break
      }
      if (plan.end === 'commit') return { saved, receipt: throughJson(await writer.commit()) }
      if (plan.end === 'suspend') await writer.suspend()
      if (plan.end === 'abort') await writer.abort(new Error('the test aborts the split'))
      return { saved, receipt: null }
    },
    async publish(group) {
      const known = found.get(group.name)
      await sink.publish?.({ ...group, ...(known === undefined ? {} : { found: known }) }, driven.context())
    },
    async load(batches, group = 'group-1') {
      const split = driven.split(`split-of-${group}`, group)
      const { receipt } = await driven.attempt(split, batches, { end: 'commit' })
      await driven.publish({ name: group, receipts: [{ split, receipt }] })
    },
    async leave() {
      for (const writer of writers) await writer.abort(new Error('the case is over')).catch(() => undefined)
    },
  }
  return driven
}

/** What may be saved after a flush: a checkpoint of a batch that was written, never an older one than before. */
function acknowledged<T>(
  flushed: Checkpoint | undefined,
  saved: Checkpoint | undefined,
  batchNo: number,
  sink: Sink<T>,
): Checkpoint | undefined {
  if (sink.capabilities.durableAt === 'commit')
    assert.equal(flushed, undefined, 'a sink that is durable at commit must acknowledge nothing at flush')
  if (flushed === undefined) return saved
  const before = saved?.batchNo ?? 0
  assert.ok(
    flushed.batchNo <= batchNo && flushed.batchNo >= before,
    `flush acknowledged batch ${flushed.batchNo} after batch ${batchNo} was written and ${before} was saved`,
  )
  assert.deepEqual(flushed.cursor, flushed.batchNo, 'flush must give back the cursor of the batch it acknowledges')
  return throughJson(flushed)
}
