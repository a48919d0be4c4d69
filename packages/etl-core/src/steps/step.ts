import { EtlError, isRecordError } from '../errors.js'
import type { Json } from '../json.js'
import type { Load, Logger } from '../load.js'
import { type Issue, issueOf, type Reject } from '../reject.js'
import type { Sink } from '../sink.js'
import type { ViewContext, ViewStep } from '../views/chain.js'
import type { Column } from '../views/late-columns.js'
import type { OpenBlock } from '../views/open-block.js'
import type { RecordViews } from '../views/record-views.js'

/** What a step's function may use besides the record. */
export interface StepContext {
  readonly load: Load
  readonly signal: AbortSignal
  readonly log: Logger
  /** Runs `make` once per load and process and gives its result to everyone who asks for `key`: a lookup table, read-only. */
  once<V>(key: string, make: () => Promise<V> | V): Promise<V>
}

/** Rows on their way through the steps. `origin[i]` is the index of the source record row `i` came from. */
export interface StepRows {
  readonly rows: readonly unknown[]
  readonly origin: readonly number[]
}

/** What a step tells the runner about single rows. */
export interface StepRun {
  readonly context: StepContext
  /** The source record at `origin` is rejected, with every row made from it. */
  reject(origin: number, stage: string, issues: readonly Issue[], reason?: string): void
  /** Rows left out on purpose. */
  drop(count: number): void
  /** Where the source record stood, for errors. */
  positionOf(origin: number): Json
}

/** One step of a flow. It changes rows, never batch borders, and keeps nothing between batches. */
export interface Step {
  readonly name: string
  /** Records keep their shape, so a record schema from before still describes them. */
  readonly keepsShape: boolean
  /** Copies of this step's rejects go there as well. */
  readonly rejectsTo?: Sink<Reject>
  /** Called before the first batch of a split. */
  ready?(): Promise<void>
  apply(set: StepRows, run: StepRun, stage: string): StepRows | Promise<StepRows>
  /**
   * The same on records with these fields that are not made yet, where it can; its outcome is that of `apply`. `undefined`: it cannot with
   * such fields.
   */
  onViews?(columns: readonly Column[], context: ViewContext): ViewStep | undefined
}

/**
 * Runs `visit` for each row. A RecordError rejects the row's source record; any other error fails the split, named by step and
 * position, because a bug in a step must not pass for bad data.
 */
export function eachRow(
  set: StepRows,
  run: StepRun,
  stage: string,
  visit: (row: unknown, emit: (row: unknown) => void, origin: number) => void,
): StepRows {
  const rows: unknown[] = []
  const origin: number[] = []
  let at = 0
  const emit = (row: unknown) => {
    rows.push(row)
    origin.push(at)
  }
  for (let index = 0; index < set.rows.length; index++) {
    at = set.origin[index] as number
    try {
      visit(set.rows[index], emit, at)
    } catch (error) {
      refuse(error, at, run, stage)
    }
  }
  return { rows, origin }
}

/** The same for the rows of a block. `visit` says whether a row goes on. */
export function eachRowIn(block: OpenBlock, run: StepRun, stage: string, visit: (row: number) => boolean): void {
  const { rows, count } = block
  let left = 0
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number
    try {
      if (visit(row)) rows[left++] = row
    } catch (error) {
      refuse(error, row, run, stage)
    }
  }
  block.count = left
}

/** The same, where `visit` is lent the record of each row. */
export function eachView(
  block: OpenBlock,
  lent: RecordViews,
  run: StepRun,
  stage: string,
  visit: (view: object, row: number) => boolean,
): void {
  try {
    eachRowIn(block, run, stage, row => visit(lent.at(row), row))
  } finally {
    lent.release()
  }
}

/** Rejects the row for a RecordError, else throws what names the step and the record. */
export function refuse(error: unknown, origin: number, run: StepRun, stage: string): void {
  if (!isRecordError(error)) throw stepFailed(error, run.positionOf(origin), stage)
  run.reject(origin, stage, [issueOf(error)])
}

/** What a step's own function throws outside `eachRow`, named by step and place. */
export function stepFailed(error: unknown, position: Json, stage: string): EtlError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new EtlError('ETL_STEP_FAILED', `Step ${stage} failed at record ${JSON.stringify(position)}: ${what}`, {
    cause: error,
    context: { stage, position },
  })
}

/**
 * What a synchronous step's function returned.
 * @throws TypeError for a promise: as a record or field it would have no values, and no error would say why.
 */
export function atOnceOnly(value: unknown): unknown {
  if (!(value instanceof Promise)) return value
  value.catch(() => undefined)
  throw new TypeError('the function returned a promise. Asynchronous functions go into eachAsync().')
}

/** Sets a field, whatever it is called: an assignment to `__proto__` would set the object's prototype instead. */
export function putField(record: Record<string, unknown>, field: string, value: unknown): void {
  if (field === '__proto__') Object.defineProperty(record, field, { value, enumerable: true, configurable: true, writable: true })
  else record[field] = value
}

/**
 * A copy of a record with fields added or replaced.
 *
 * Copied first and assigned then, rather than one spread with new keys: on Node 20 that gives nearly every row a hidden class of its own,
 * which makes each later access many times slower.
 */
export function withFields(record: unknown, fields: Record<string, unknown>): Record<string, unknown> {
  const out = { ...(record as Record<string, unknown>) }
  for (const field of Object.keys(fields)) putField(out, field, fields[field])
  return out
}
