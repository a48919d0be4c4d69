import type { SourceBatch } from './batch.js'
import type { Json } from './json.js'
import type { FlowFacts } from './sink.js'
import type { Cursor } from './split.js'
import type { LateColumns } from './views/late-columns.js'

/**
 * How records become bytes and bytes records: CSV, NDJSON, JSON, Parquet. Knows nothing of where the bytes lie.
 *
 * Bytes are made in *units* that can be put one behind the other: any run of CSV lines, one gzip member, one Parquet row group. An
 * object is `head + unit + between + unit + … + tail`. The same records with the same unit borders give the same bytes.
 */
export interface Format<T> {
  /** `csv`, `ndjson`, `json`, `parquet`; with `+gzip` behind it where bytes are compressed. */
  readonly name: string
  /** Without a leading dot: `csv`, `csv.gz`. */
  readonly extension: string
  /** The media type for object stores. */
  readonly contentType: string
  /** Every option that decides the bytes, for the bookmark's fingerprint. Read after `prepare`. */
  readonly layout: Json
  /**
   * Where a unit may end: absent, after any batch; a number, only at the first batch border after so many records, so that neither time
   * nor memory decides the bytes.
   */
  readonly unitRecords?: number
  /** Memory an open unit may hold, in bytes. Default: next to nothing, bytes leave as they are made. */
  readonly bufferBytes?: number
  /** Present at compile time only: what `encoder` accepts. */
  readonly '~record'?: (record: T) => void

  /** This format with its columns fixed from the flow's record schema. Throws ConfigError when it needs columns and there are none. */
  prepare?(facts: FlowFacts): Format<T>
  /**
   * Encodes one split; units come out in order.
   * @param before - The units an earlier attempt at this split has finished: what was inferred from the first records still holds.
   */
  encoder(before?: readonly UnitReceipt[]): UnitEncoder<T>
  /** What goes around and between the units of one object. `units` are in order, over all its parts. */
  assemble(units: readonly UnitReceipt[]): Assembly
  /** Reads records, from the start or on from a cursor of an earlier batch. */
  decode(input: FormatInput, from: Cursor | undefined, options?: DecodeOptions): AsyncIterable<SourceBatch<T>>
}

/** Turns records into units. One per open split; calls come one at a time. */
export interface UnitEncoder<T> {
  /**
   * Adds records to the open unit and returns the bytes that are ready, perhaps none. Bytes are the caller's to keep. All records of a call
   * are taken or none: for one it cannot hold it throws a RecordError whose `context.row` is that record's index.
   */
  write(records: readonly T[]): Promise<readonly Uint8Array[]> | readonly Uint8Array[]
  /**
   * The same for records that are not made yet, with the same bytes. `undefined`: nothing was taken, it is to be asked with records. Absent:
   * always.
   */
  writeLate?(late: LateColumns): Promise<readonly Uint8Array[] | undefined> | readonly Uint8Array[] | undefined
  /** Ends the open unit: its last bytes and what `assemble` must know of it. Not called for a unit without records. */
  end(): Promise<UnitEnd> | UnitEnd
}

/** The end of one unit. */
export interface UnitEnd {
  readonly bytes: readonly Uint8Array[]
  /** For `assemble`: a row group's metadata. Small JSON, kept in state. */
  readonly meta?: Json
}

/** One finished unit, as state keeps it. */
export interface UnitReceipt {
  readonly bytes: number
  readonly records: number
  readonly meta?: Json
}

/** The bytes around and between the units of one object. `between` is the same between any two units. */
export interface Assembly {
  readonly head: Uint8Array
  readonly between: Uint8Array
  readonly tail: Uint8Array
}

/** Bytes to read from, whole or in ranges. */
export interface FormatInput {
  /** For errors: `file:out/orders.csv`. */
  readonly place: string
  /** In bytes. */
  readonly size: number
  /**
   * The bytes from `start` (default 0) to the end, in chunks of some 64 to 256 KiB. A chunk's memory may be used again once the next one is
   * asked for.
   */
  stream(start?: number): AsyncIterable<Uint8Array>
  /** The bytes from `start` up to, not including, `end`. */
  range(start: number, end: number): Promise<Uint8Array>
}

/** Limits while reading. */
export interface DecodeOptions {
  readonly signal?: AbortSignal
  /** A record longer than this is unreadable, in bytes. Default 16 MiB. */
  readonly maxRecordBytes?: number
}
