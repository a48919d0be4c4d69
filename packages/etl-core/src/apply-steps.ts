import { recordsOf, type SourceBatch } from './batch.js'
import { toJson } from './json.js'
import type { SplitContext } from './load.js'
import { type Issue, issueOf, type Reject, reasonOf } from './reject.js'
import type { RunnerContext } from './runnable.js'
import type { RefusedRow } from './sink.js'
import { groupOf } from './split.js'
import type { Step, StepContext, StepRows, StepRun } from './steps/step.js'

/** A source batch after all steps. */
export interface SteppedBatch {
  readonly rows: readonly unknown[]
  /** For each row, the index of the source record it came from. */
  readonly origin: readonly number[]
  readonly source: readonly unknown[]
  readonly rejects: readonly Reject[]
  readonly dropped: number
  /** Records read, unreadable ones included. */
  readonly read: number
  /** Rejects for rows the sink could not take, one per source record. */
  rejectRows(refused: readonly RefusedRow[]): readonly Reject[]
}

/** Runs a batch through the steps. A source record with a rejected child loses all its rows: it is rejected whole. */
export async function applySteps(
  steps: readonly Step[],
  batch: SourceBatch<unknown>,
  batchNo: number,
  ctx: SplitContext & RunnerContext,
): Promise<SteppedBatch> {
  const source = recordsOf(batch.records)
  // What never became a record has no row, and brings its own position.
  const positionOf = (row: number) => (row < 0 ? null : (batch.positionOf?.(row) ?? { batch: batchNo, row }))
  const reject = (row: number, stage: string, issues: readonly Issue[], reason = reasonOf(issues)): Reject => ({
    loadId: ctx.load.loadId,
    split: ctx.split.id,
    group: groupOf(ctx.split),
    batchNo,
    row,
    stage,
    position: positionOf(row),
    raw: toJson(source[row]),
    issues,
    reason,
    version: ctx.version,
  })
  const bySource = new Map<number, Reject>()
  let dropped = 0
  const run: StepRun = {
    context: stepContext(ctx),
    positionOf,
    drop: count => {
      dropped += count
    },
    reject(origin, stage, issues, reason) {
      const known = bySource.get(origin)
      bySource.set(origin, known ? { ...known, issues: [...known.issues, ...issues] } : reject(origin, stage, issues, reason))
    },
  }
  let set: StepRows = { rows: source, origin: source.map((_, index) => index) }
  for (let number = 0; number < steps.length; number++) {
    const step = steps[number] as Step
    const result = step.apply(set, run, `${number + 1} ${step.name}`)
    set = result instanceof Promise ? await result : result
  }
  const whole = bySource.size === 0 ? set : withoutSources(set, bySource)
  const unreadable = (batch.unreadable ?? []).map(({ raw, position, error }) => ({
    ...reject(-1, 'source', [issueOf(error)]),
    raw,
    position,
  }))
  return {
    rows: whole.rows,
    origin: whole.origin,
    source,
    rejects: [...unreadable, ...[...bySource.values()].sort((a, b) => a.row - b.row)],
    dropped,
    read: source.length + unreadable.length,
    rejectRows(refused) {
      const issues = new Map<number, Issue[]>()
      const elsewhere = new Set<number>()
      for (const { row, error, partial } of refused) {
        const from = whole.origin[row] as number
        issues.set(from, [...(issues.get(from) ?? []), issueOf(error)])
        if (partial) elsewhere.add(from)
      }
      return [...issues].map(([from, of]) => {
        const made = whole.origin.filter(each => each === from).length
        return { ...reject(from, 'sink', of), ...(made > of.length || elsewhere.has(from) ? { partial: true as const } : {}) }
      })
    },
  }
}

function withoutSources(set: StepRows, gone: ReadonlyMap<number, unknown>): StepRows {
  const rows: unknown[] = []
  const origin: number[] = []
  set.rows.forEach((row, index) => {
    const from = set.origin[index] as number
    if (gone.has(from)) return
    rows.push(row)
    origin.push(from)
  })
  return { rows, origin }
}

function stepContext(ctx: RunnerContext): StepContext {
  return {
    load: ctx.load,
    signal: ctx.signal,
    log: ctx.log,
    once<V>(key: string, make: () => Promise<V> | V): Promise<V> {
      const known = ctx.shared.get(key) as Promise<V> | undefined
      if (known) return known
      const made = Promise.resolve().then(make)
      ctx.shared.set(key, made)
      // A lookup that failed may be tried again by the next attempt.
      made.catch(() => ctx.shared.delete(key))
      return made
    },
  }
}
