import { type Rows, recordsOf, rowsOf, type SourceBatch } from './batch.js'
import { toJson } from './json.js'
import type { SplitContext } from './load.js'
import { type Issue, issueOf, type Reject, reasonOf } from './reject.js'
import type { RunnerContext } from './runnable.js'
import type { RefusedRow } from './sink.js'
import { groupOf } from './split.js'
import type { Step, StepContext, StepRows, StepRun } from './steps/step.js'
import { runOnViews } from './views/chain.js'
import type { LateColumns } from './views/late-columns.js'
import { lateRows, sourceRecords } from './views/late-rows.js'

/** A source batch after all steps. */
export interface SteppedBatch {
  readonly rows: Rows<unknown>
  /** The index of the source record a row came from. */
  originOf(row: number): number
  /** A record as the source read it. */
  sourceAt(origin: number): unknown
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
  const sourceAt = sourceRecords(batch.records)
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
    raw: row < 0 ? null : toJson(sourceAt(row)),
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
  const { rows, originOf } = await stepped(steps, batch.records, run, bySource)
  const unreadable = (batch.unreadable ?? []).map(({ raw, position, error }) => ({
    ...reject(-1, 'source', [issueOf(error)]),
    raw,
    position,
  }))
  return {
    rows,
    originOf,
    sourceAt,
    rejects: [...unreadable, ...[...bySource.values()].sort((a, b) => a.row - b.row)],
    dropped,
    read: batch.records.length + unreadable.length,
    rejectRows(refused) {
      const issues = new Map<number, Issue[]>()
      const elsewhere = new Set<number>()
      for (const { row, error, partial } of refused) {
        const from = originOf(row)
        issues.set(from, [...(issues.get(from) ?? []), issueOf(error)])
        if (partial) elsewhere.add(from)
      }
      const made = new Map<number, number>()
      for (let row = 0; row < rows.length; row++) made.set(originOf(row), (made.get(originOf(row)) ?? 0) + 1)
      return [...issues].map(([from, of]) => {
        const more = (made.get(from) ?? 0) > of.length || elsewhere.has(from)
        return { ...reject(from, 'sink', of), ...(more ? { partial: true as const } : {}) }
      })
    },
  }
}

type Stepped = Pick<SteppedBatch, 'rows' | 'originOf'>

/** All steps: on views as far as that goes, then on records. */
async function stepped(
  steps: readonly Step[],
  records: SourceBatch<unknown>['records'],
  run: StepRun,
  rejected: ReadonlyMap<number, unknown>,
): Promise<Stepped> {
  const late = 'late' in records ? records.late : undefined
  if (late && steps.length === 0) return { rows: records as Rows<unknown>, originOf: row => row }
  const chained = late && runOnViews(steps, late, run)
  if (chained?.late && chained.done === steps.length) return ofLate(chained.late)
  let next = chained?.done ?? 0
  let set: StepRows
  if (chained?.passed && chained.before) {
    const rest = await (steps[next] as Step).apply(chained.before, run, stageOf(steps, next))
    set = { rows: [...chained.passed.rows, ...rest.rows], origin: [...chained.passed.origin, ...rest.origin] }
    next++
  } else if (chained?.late && next > 0) {
    set = { rows: lateRows(chained.late).toArray(), origin: Array.from(chained.late.rows) }
  } else {
    const rows = recordsOf(records)
    set = { rows, origin: rows.map((_, index) => index) }
  }
  for (; next < steps.length; next++) {
    const result = (steps[next] as Step).apply(set, run, stageOf(steps, next))
    set = result instanceof Promise ? await result : result
  }
  const { rows, origin } = rejected.size === 0 ? set : withoutSources(set, rejected)
  return { rows: rowsOf(rows), originOf: row => origin[row] as number }
}

const stageOf = (steps: readonly Step[], index: number) => `${index + 1} ${steps[index]?.name}`

const ofLate = (late: LateColumns): Stepped => ({ rows: lateRows(late), originOf: row => late.rows[row] as number })

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
