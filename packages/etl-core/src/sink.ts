import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Access } from './access.js'
import type { Batch } from './batch.js'
import type { RecordError } from './errors.js'
import type { Json } from './json.js'
import type { RunContext, SplitContext } from './load.js'
import type { SourceCapabilities } from './source.js'
import type { Checkpoint, Split } from './split.js'
import type { StateStore } from './state.js'

/** What the runner may rely on. */
export interface SinkCapabilities {
  /** What happens to what was there: `append` adds, `merge` writes by natural key, `replace` swaps the whole group at publish. */
  readonly disposition: 'append' | 'merge' | 'replace'
  /** When written records survive a stop. `commit`: only with the whole split, so a split must fit in one attempt. */
  readonly durableAt: 'flush' | 'commit'
  /** What writing the same batch twice leaves. */
  readonly replay: 'duplicates' | 'idempotent'
  /** `inTransaction`: the checkpoint is kept in the sink's own transaction and `resumeFrom` is the truth. */
  readonly cursor: 'outside' | 'inTransaction'
  /** Of a move: what was published and read back is removed at the source, so no later load reads it again. */
  readonly emptiesSource?: true
}

/** What a sink may know of the flow before anything is read. */
export interface FlowFacts {
  readonly pipeline: string
  /** The record schema: that of the last `validate`, if no later step changed the records' shape. */
  readonly schema?: StandardSchemaV1
  /** What may be relied on when the source is read again. */
  readonly source?: SourceCapabilities
}

/** Where records go. */
export interface Sink<T> {
  readonly name: string
  readonly capabilities: SinkCapabilities
  /** Memory one open split may hold, in bytes, besides the batch being written. Concurrency is lowered to fit. Default 0. */
  readonly bufferBytes?: number
  /** Splits are written one after the other, however many fit the memory: what they go to has one order. Default false. */
  readonly oneSplitAtATime?: boolean
  /** It writes to the process's standard output: a command says what it has to say elsewhere. Default false. */
  readonly standardOutput?: boolean
  /** Where this sink keeps state, with the data it describes. */
  readonly home?: StateHome
  /** Layout, format and columns as JSON, for the bookmark's fingerprint. Read after `prepare`. */
  readonly layout?: Json
  /** Receives rows of type `T`. Present at compile time only. */
  readonly '~record'?: (record: T) => void

  /** What is written where and in which form, for people: `file:out/{indicator}.csv, as csv`. Read after `prepare`. */
  readonly writes?: string

  /** Called once per run before anything is planned or read. Pure. Throws ConfigError when the flow lacks what the sink needs. */
  prepare?(facts: FlowFacts): void

  /**
   * The same sink with bookkeeping of its own, under this name, beside another one at the same place: `tee` and `rejectsTo` ask for it.
   * Absent where sinks at one place do not meet.
   */
  apart?(name: string): Sink<T>

  /**
   * Whether what was published for a group is still there, as far as a look at names and sizes tells. If not, the group's bookmark is
   * withheld and it is loaded anew. Reads only.
   */
  stillPublished?(group: string, ctx: RunContext): Promise<boolean>

  /**
   * What lies at a group's places as the load begins; kept in the load's record and handed back to `publish`, which replaces only that.
   * Called once per load and group, of several groups at the same time. Reads only.
   */
  survey?(splits: readonly Split[], ctx: RunContext): Promise<Json>

  /** Begins one split, or goes on with it. The runner has one writer per split at a time. */
  open(ctx: SplitContext): Promise<SinkWriter<T>>

  /** Makes a group visible. Called once per group when all its splits are committed, again after a crash: must be repeatable. */
  publish?(group: Group, ctx: RunContext): Promise<Published>

  /** How published records are read back. Absent: they cannot be. */
  readonly readBack?: ReadBack<T>

  /** What it must be allowed to do, state apart, for whoever grants it. Pure. Asked after `prepare`. Absent: it does not say. */
  access?(pipeline: string): readonly Access[]

  /** Removes what a load left unpublished: after it was published (leftovers), or when it is abandoned. Must be repeatable. */
  discard?(loadId: string, ctx: RunContext): Promise<void>
}

/** A record as it is read back: JSON forms by column type, so that equal values are equal whatever the format made of them. */
export type StoredForm = Readonly<Record<string, Json>>

/** Reads what a group's publishing made visible. */
export interface ReadBack<T> {
  /** The form in which this record will be read back. */
  formOf(record: T): StoredForm
  /** All records of the group's receipts, in batches, in whatever order. Reads only; may be called again. */
  records(group: Group, ctx: RunContext): AsyncIterable<readonly StoredForm[]>
}

/** A place for a pipeline's state. */
export interface StateHome {
  /** For people, without user, query or password: `file:out`. */
  readonly place: string
  /** The store for one pipeline. Nothing is created before the first save. */
  state(pipeline: string): StateStore
  /** What it takes to keep it there, rejects among it. Pure. Absent: it does not say. */
  access?(pipeline: string): readonly Access[]
}

/** The splits that become visible together, in plan order. */
export interface Group {
  readonly name: string
  readonly receipts: readonly { readonly split: Split; readonly receipt: Json }[]
  /** What `survey` returned when the load began. */
  readonly found?: Json
}

/** What `publish` made visible, for the report. */
export interface Published {
  readonly objects?: readonly PublishedObject[]
  /** Records a move has removed at the source. */
  readonly removed?: number
}

/** One object a reader can now see. */
export interface PublishedObject {
  /** For people: `file:out/SP.POP.TOTL/latest.csv`. */
  readonly place: string
  readonly bytes: number
  /** `same`: it already held exactly this content and was left untouched. */
  readonly change: 'created' | 'replaced' | 'same'
}

/** What a sink could not take of a batch. The rows not named are written. */
export interface WriteResult {
  readonly rejected?: readonly RefusedRow[]
}

/** A row a sink could not take. */
export interface RefusedRow {
  /** The index in the batch. */
  readonly row: number
  readonly error: RecordError
  /** It has arrived elsewhere: a `tee` wrote it to another of its sinks. */
  readonly partial?: true
}

/**
 * Writes one split. Calls come one at a time: `write`* and `flush`*, then exactly one of `commit`, `suspend`, `abort`.
 * After that every call throws `ETL_SINK_CLOSED`, except that `commit` may be repeated on a new writer.
 */
export interface SinkWriter<T> {
  /** `cursor: 'inTransaction'` only: where the sink itself says it stands. It wins over the state store. */
  readonly resumeFrom?: Checkpoint
  /**
   * Takes a batch; may buffer records. A pending promise is backpressure. When it is settled, what records were made of is let go: a writer that
   * keeps a batch calls its `toArray()` before.
   */
  write(batch: Batch<T>): Promise<WriteResult>
  /** Makes durable what can be, and returns the checkpoint of the newest durable batch; `undefined` if none is. May be older than the last. */
  flush(): Promise<Checkpoint | undefined>
  /** The split is complete: makes everything durable and returns a small receipt (parts, counts) that state keeps. */
  commit(): Promise<Json>
  /** The run stops: keeps what is durable, publishes nothing. */
  suspend(): Promise<void>
  /** The split failed: lets go of everything that was not durable. Must not throw for a cause it already knows. */
  abort(cause: unknown): Promise<void>
}
