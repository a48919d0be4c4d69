import type { Checkpoint, Group, Json, RunContext, Sink, Split } from '@millrace/etl-core'
import { batch, runContext, splitContext } from './contexts.js'
import { Killed, type Reaper } from './stores.js'

/** A load: what its splits hold, batch by batch, and when the runner flushes. */
export interface SimulatedLoad<T> {
  readonly splits: readonly { readonly split: Split; readonly batches: readonly (readonly T[])[] }[]
  /** After which batch numbers of a split to flush, for each attempt. */
  flushAfter(attempt: number, splitId: string, batchNo: number): boolean
  readonly loadId?: string
}

/** What the runner keeps in its state. */
interface Memory {
  found?: Json
  readonly checkpoints: Map<string, Checkpoint>
  readonly receipts: Map<string, Json>
  published: boolean
}

/** An attempt's sink, and the reaper that its process is at the mercy of. */
export interface SimulatedAttempt<T> {
  readonly sink: Sink<T>
  readonly reaper: Reaper
}

/**
 * Runs one load of one group to its end as the runner does, attempt after attempt: survey once, open with what was saved, write, flush,
 * save, commit, publish, discard. Every save is a step at which the process may die, too.
 *
 * @returns How many attempts it took.
 */
export async function simulate<T>(
  load: SimulatedLoad<T>,
  attemptWith: (attempt: number) => SimulatedAttempt<T>,
): Promise<number> {
  const memory: Memory = { checkpoints: new Map(), receipts: new Map(), published: false }
  for (let attempt = 1; ; attempt++) {
    const { sink, reaper } = attemptWith(attempt)
    const ctx = runContext({ epoch: attempt, ...(load.loadId === undefined ? {} : { loadId: load.loadId }) })
    try {
      await runOnce(load, memory, sink, reaper, ctx, attempt)
      return attempt
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
}

async function runOnce<T>(
  load: SimulatedLoad<T>,
  memory: Memory,
  sink: Sink<T>,
  { step }: Reaper,
  ctx: RunContext,
  attempt: number,
): Promise<void> {
  const save = (change: () => void) => step(async () => change())
  const splits = load.splits.map(each => each.split)
  if (memory.found === undefined) {
    const found = await sink.survey?.(splits, ctx)
    await save(() => {
      memory.found = found ?? null
    })
  }
  for (const { split, batches } of load.splits) {
    if (memory.receipts.has(split.id)) continue
    const resume = memory.checkpoints.get(split.id)
    const writer = await sink.open(splitContext(split, ctx, resume))
    for (let batchNo = (resume?.batchNo ?? 0) + 1; batchNo <= batches.length; batchNo++) {
      await writer.write(batch(batches[batchNo - 1] as readonly T[], batchNo, split.id))
      if (!load.flushAfter(attempt, split.id, batchNo)) continue
      const checkpoint = await writer.flush()
      if (checkpoint) await save(() => memory.checkpoints.set(split.id, checkpoint))
    }
    const receipt = await writer.commit()
    await save(() => memory.receipts.set(split.id, receipt))
  }
  if (!memory.published) {
    const group: Group = {
      name: splits[0]?.group ?? (splits[0]?.id as string),
      receipts: splits.map(split => ({ split, receipt: memory.receipts.get(split.id) as Json })),
      ...(memory.found === null || memory.found === undefined ? {} : { found: memory.found }),
    }
    await sink.publish?.(group, ctx)
    await save(() => {
      memory.published = true
    })
  }
  await sink.discard?.(ctx.load.loadId, ctx)
}
