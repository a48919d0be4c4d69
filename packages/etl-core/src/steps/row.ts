import { loadedOnce } from '../loaded-once.js'
import { recordViews } from '../views/record-views.js'
import { stepLoadedLater } from './later.js'
import { atOnceOnly, eachRow, eachView, type Step, type StepContext, stepFailed } from './step.js'

const asyncCalls = loadedOnce(() => import('./each-async.js'))

/** One record becomes one other. */
export function mapStep(make: (record: never, ctx: StepContext) => unknown): Step {
  const fn = make as (record: unknown, ctx: StepContext) => unknown
  return {
    name: 'map',
    keepsShape: false,
    apply: (set, run, stage) => eachRow(set, run, stage, (row, emit) => emit(atOnceOnly(fn(row, run.context)))),
  }
}

/** One record becomes none, one or several. A record whose children fail later is rejected whole. */
export function flatMapStep(make: (record: never, ctx: StepContext) => Iterable<unknown>): Step {
  const fn = make as (record: unknown, ctx: StepContext) => Iterable<unknown>
  return {
    name: 'flatMap',
    keepsShape: false,
    apply: (set, run, stage) =>
      eachRow(set, run, stage, (row, emit) => {
        // All children first: an error at the third must not leave two behind.
        for (const child of [...fn(row, run.context)]) emit(child)
      }),
  }
}

/** Keeps the records for which `keep` is true; the others are counted as dropped. */
export function filterStep(keep: (record: never, ctx: StepContext) => boolean): Step {
  const fn = keep as (record: unknown, ctx: StepContext) => boolean
  return {
    name: 'filter',
    keepsShape: true,
    apply: (set, run, stage) => {
      let dropped = 0
      const out = eachRow(set, run, stage, (row, emit) => {
        if (atOnceOnly(fn(row, run.context))) emit(row)
        else dropped++
      })
      run.drop(dropped)
      return out
    },
    onViews(columns, { block }) {
      const lent = recordViews(columns, block)
      return {
        columns,
        run(_, run, stage) {
          let dropped = 0
          const { context } = run
          eachView(block, lent, run, stage, view => {
            if (atOnceOnly(fn(view, context))) return true
            dropped++
            return false
          })
          run.drop(dropped)
          return undefined
        },
      }
    },
  }
}

/** One asynchronous call per record, `concurrency` at once, order kept. After the run was told to stop no new call starts. */
export function eachAsyncStep(make: (record: never, ctx: StepContext) => Promise<unknown>, concurrency: number): Step {
  return stepLoadedLater({ name: 'eachAsync', keepsShape: false }, async () => {
    const { callsAtOnce } = await asyncCalls()
    return callsAtOnce(make as (record: unknown, ctx: StepContext) => Promise<unknown>, concurrency)
  })
}

/** Part of a pipeline that works on a whole batch at a time. */
export interface CustomStep<T, U> {
  readonly name: string
  /**
   * Calls `emit(record, from)` for each record it makes; `from` is the index in `records` it came from. Keeps nothing between calls.
   * Whatever it throws fails the split: a record it cannot take it leaves out, or passes on for `validate` to reject.
   */
  apply(records: readonly T[], emit: (record: U, from: number) => void, ctx: StepContext): void | Promise<void>
}

/** A step of the user's own. */
export function throughStep(custom: CustomStep<never, unknown>): Step {
  const step = custom as unknown as CustomStep<unknown, unknown>
  return {
    name: step.name,
    keepsShape: false,
    async apply(set, run, stage) {
      const rows: unknown[] = []
      const origin: number[] = []
      const emit = (row: unknown, from: number) => {
        const source = set.origin[from]
        if (source === undefined) throw new RangeError(`step "${step.name}" emitted from record ${from} of ${set.rows.length}`)
        rows.push(row)
        origin.push(source)
      }
      try {
        await step.apply(set.rows, emit, run.context)
      } catch (error) {
        // It worked on the whole batch: which record it was cannot be told, only where the batch began.
        throw stepFailed(error, set.origin.length === 0 ? null : run.positionOf(set.origin[0] as number), stage)
      }
      return { rows, origin }
    },
  }
}
