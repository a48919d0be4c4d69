import type { Flow } from '@millrace/etl-core'
import type { CrashEnds, CrashKind, CrashOptions, PartsOfLife } from '../crash/world.js'

/** Two places to move records between: everything that outlives a process. In the beginning neither holds a record. */
export interface MoveWorld<T> {
  /**
   * Opens the parts for one process: a source whose records can be removed, a sink that can be read back, and state. A store they are built
   * on goes through `life.objects`, so that its calls count; requests of a client may go through `life.around`.
   */
  open(life: PartsOfLife): CrashEnds<T> | Promise<CrashEnds<T>>
  /** New rows arrive at the source. */
  add(records: readonly T[]): Promise<void> | void
  /** The rows at the source, of whatever age, as `record` makes them. */
  left(): readonly T[] | Promise<readonly T[]>
  /** The records a reader of the destination sees, as `record` makes them. */
  moved(): readonly T[] | Promise<readonly T[]>
  /** Changes a value in what was published, so that it is no longer what was written. */
  tamper?(): Promise<void> | void
  /** Lets the rows that were too young (`young`) be old enough, for loads that are planned from now on. */
  age?(): Promise<void> | void
  close?(): Promise<void> | void
}

/** What `moveCases` needs, and what more it can check. */
export interface MoveSuite<T, W extends MoveWorld<T> = MoveWorld<T>> {
  /** The ith record. Each has a key of its own, and the source reads them in the order of i. */
  record(i: number): T
  /** Called once per case, and once per point at which something happens to a process. The source should hand over two records at a time. */
  open(): W | Promise<W>
  /** The steps between source and sink, which leave the records as they are: `flow => flow.validate(schema)` where the sink has columns. */
  steps?(flow: Flow<T>): Flow<T>
  /** Its worlds can `tamper` with what was published. Default false. */
  readonly tampers?: boolean
  /** The ith record as one that is too young to be moved until its world ages. */
  young?(i: number): T
  /** What may happen to a process: see `CrashOptions`. Default: all of these. */
  readonly kinds?: readonly MoveKind[]
  /** At which of its moments: see `CrashOptions.only`. Default: all. */
  readonly only?: NonNullable<CrashOptions<T>['only']>
  /** At most so many calls for each kind, of those that are left, evenly spread: for places that are slow. Default: all. */
  readonly maxPoints?: number
  /** Which of them, from 0: see `CrashOptions.sample`. */
  readonly sample?: number
}

/** What may happen to a process that moves. */
export type MoveKind = Exclude<CrashKind, 'failure'>
