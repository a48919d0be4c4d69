/**
 * Where objects lie: a folder, a bucket. Small on purpose: what every store can promise, and nothing a sink or source does not need.
 * Every implementation passes `describeObjectStore` of `@millrace/etl-testkit`.
 *
 * Keys are `/`-separated: no empty segment, no `.` or `..`, no NUL, nothing before the first segment; any other character is allowed,
 * see {@link checkKey}. Constructing a store and reading from it change nothing, not even a folder's existence.
 *
 * Errors have stable codes. Reading throws them as `SourceError`, writing as `SinkError`:
 * - `ETL_OBJECT_NOT_FOUND` (never): no such object; also a piece of `assemble`.
 * - `ETL_OBJECT_CONFLICT` (never): a precondition (`condition`, `ifMatch`) does not hold, or the object changed while it was read.
 * - `ETL_SOURCE_DENIED`, `ETL_SINK_DENIED` (never): the place refuses. `ETL_SINK_FULL` (later): no space or quota left.
 * - `ETL_SOURCE_UNAVAILABLE`, `ETL_SINK_UNAVAILABLE` (later): the place is busy or away.
 * - `ETL_OBJECT_KEY` (never, ConfigError): not a key.
 *
 * An aborted `signal` rejects with its reason.
 */
export interface ObjectStore {
  /** For people, without user, query or secret: `file:out`, `s3://bucket/prefix`. */
  readonly place: string
  readonly capabilities: ObjectStoreCapabilities

  /**
   * Opens an object for reading. The bytes are of one version, the one `info` describes.
   *
   * The body holds a file or a connection until it is read to its end or its loop is left. One that is not wanted after all is let go
   * with `body[Symbol.asyncIterator]().return?.()`.
   *
   * @throws `ETL_OBJECT_NOT_FOUND`; `ETL_OBJECT_CONFLICT` if it is not at `ifMatch`, or changes while it is read with `ifMatch`.
   */
  get(key: string, options?: GetOptions): Promise<ObjectBody>

  /** What is known of an object without reading it; `undefined` if there is none. */
  head(key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined>

  /**
   * Writes one object. It becomes visible whole or not at all, and is durable when this returns. A body that throws leaves everything
   * as it was, and its error is passed on.
   *
   * @throws `ETL_OBJECT_CONFLICT` if `condition` does not hold: of several writers with the same condition one wins.
   */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<ObjectInfo>

  /**
   * Makes one object of pieces, some of which are objects of this store already; those stay as they are. What `put` promises holds here
   * too. No pieces make an empty object.
   *
   * @throws `ETL_OBJECT_NOT_FOUND` if a piece is missing.
   */
  assemble(key: string, pieces: readonly ObjectPiece[], options?: PutOptions): Promise<ObjectInfo>

  /** Whether the place itself is there. Absent: a place that is not answers with an error of its own. */
  isThere?(options?: StoreCallOptions): Promise<boolean>

  /** All objects whose key begins with `prefix` (any text, not only whole segments), ascending by the bytes of their keys in UTF-8. */
  list(prefix: string, options?: StoreCallOptions): AsyncIterable<ObjectInfo>

  /** Removes objects. Those that are not there are no error. */
  delete(keys: readonly string[], options?: StoreCallOptions): Promise<void>

  /**
   * Removes one object if it is still at `etag`, in one step. `false`: this place cannot compare while it deletes, and nothing was done.
   * Absent: it never can.
   *
   * @throws `ETL_OBJECT_CONFLICT` if it is at another version, or gone.
   */
  deleteIf?(key: string, etag: string, options?: StoreCallOptions): Promise<boolean>

  /**
   * Ends the writes of one key, or of all below a prefix, that were begun and never ended, by processes that died: nobody sees them and
   * somebody may pay for them. Only where nobody else writes. Absent: such writes leave nothing here.
   */
  endUnfinished?(of: UnfinishedWrites, options?: StoreCallOptions): Promise<void>
}

/** Which writes are meant. */
export type UnfinishedWrites = { readonly key: string } | { readonly prefix: string }

/** What differs between stores. */
export interface ObjectStoreCapabilities {
  /**
   * `atomic`: the store itself compares and replaces in one step. `checked`: it looks first and replaces then, and another process may
   * come in between; create-only puts (`condition: 'absent'`) are atomic everywhere.
   */
  readonly replaceIfUnchanged: 'atomic' | 'checked'
}

/** One version of an object. */
export interface ObjectInfo {
  readonly key: string
  readonly bytes: number
  /** Names this version: another content or another write of the same content may have another one. Opaque. */
  readonly etag: string
  /** Epoch milliseconds, by the store's clock. */
  readonly modifiedAtMs: number
  /** User metadata, names in lower case. From `head` and `get` only, and only where the store keeps it. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** An object opened for reading. */
export interface ObjectBody {
  /** Of the whole object, also when a range was asked for. */
  readonly info: ObjectInfo
  /** Chunks of about 64 KiB; may be read once. */
  readonly body: AsyncIterable<Uint8Array>
}

/** What every call takes. */
export interface StoreCallOptions {
  readonly signal?: AbortSignal
}

/** What to read. */
export interface GetOptions extends StoreCallOptions {
  /** Bytes from `start` up to, not including, `end` (default: the object's end). What lies behind the end is left out without an error. */
  readonly range?: { readonly start: number; readonly end?: number }
  /** Only this version. */
  readonly ifMatch?: string
  /** The caller is done with a chunk of the body before it asks for the next, so that a store may use its memory again. */
  readonly reuseChunks?: boolean
}

/** How to write. */
export interface PutOptions extends StoreCallOptions {
  /** `'absent'`: only if there is no such object. `{ etag }`: only if it is still that version. Default: whatever is there. */
  readonly condition?: PutCondition
  /** Media type; stores without one ignore it. */
  readonly contentType?: string
  /** Small user metadata; stores without it ignore it. */
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * How many bytes a body in chunks has, where its maker holds them all anyway, and lets go of each as it is handed over: a bucket then
   * takes it in one request instead of an upload in parts. Stores may ignore it, and none relies on it.
   */
  readonly bytes?: number
}

/** What must hold for a write to happen. */
export type PutCondition = 'absent' | { readonly etag: string }

/** A stretch of an object that is assembled: bytes at hand, or all of another object of the same store. */
export type ObjectPiece = { readonly bytes: Uint8Array } | { readonly key: string }
