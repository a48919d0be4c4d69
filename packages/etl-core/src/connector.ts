import type { Format } from './format.js'
import type { Json } from './json.js'
import type { Sink, StateHome } from './sink.js'
import type { Source } from './source.js'
import type { RelatedTablesOptions, TableSinkOptions, TableSourceOptions } from './table-options.js'

/**
 * Opens places of one scheme: `file:./out`, `s3://bucket/prefix`, `duckdb:./my.db`. Listed by a pipeline's author in
 * `definePipeline({ connectors })`. What is heavy (a client, a driver) loads at first use, so `build` stays synchronous and a bundle
 * carries only what a pipeline lists.
 */
export type Connector = ObjectsConnector | SqlConnector | StateConnector

/** Places that hold objects: folders, buckets. */
export interface ObjectsConnector {
  readonly kind: 'objects'
  readonly scheme: string
  /** Checks the place and gives its parts. Throws ConfigError. Does no I/O. */
  open(place: Place): ObjectsPlace
}

/** One place that holds objects. */
export interface ObjectsPlace {
  sink<T>(options: ObjectSinkOptions<T>): Sink<T>
  source<T>(options: ObjectSourceOptions<T>): Source<T>
  readonly home: StateHome
}

/** Places that hold tables. */
export interface SqlConnector {
  readonly kind: 'sql'
  readonly scheme: string
  open(place: Place): SqlPlace
}

/** One place that holds tables. */
export interface SqlPlace {
  /** Rows of one table. */
  table<T>(options: TableSinkOptions<T>): Sink<T>
  /** Rows of several tables that refer to each other. */
  tables<T>(options: RelatedTablesOptions<T>): Sink<T>
  /** Rows of a table or view, as records. */
  source<T>(options: TableSourceOptions<T>): Source<T>
  readonly home: StateHome
}

/** Places that hold the state of pipelines and nothing else: for those whose sink keeps none. Named by `--state`. */
export interface StateConnector {
  readonly kind: 'state'
  readonly scheme: string
  open(place: Place): StatePlace
}

/** One place that holds state. */
export interface StatePlace {
  readonly home: StateHome
}

/** A place as written, taken apart: `scheme:rest`. */
export interface Place {
  /** Lower case. */
  readonly scheme: string
  /** What a relative path is relative to, where a caller says so (`RunOptions.cwd`). Absent: the process's working directory at first use. */
  readonly cwd?: string
  /** Everything behind the first colon. */
  readonly rest: string
  /** For logs, state and reports: without user, password, query and fragment. */
  readonly shown: string
}

/** How records become objects at a place. */
export interface ObjectSinkOptions<T> {
  readonly format: Format<T>
  /**
   * Where each group's object goes, below the place: `{indicator}/{lastUpdated}.csv`. Fields are the split's labels, `{group}`,
   * `{loadId}`, `{startedOn}` (UTC date of the load) and `{ext}` (the format's extension).
   */
  readonly path: string
  /** A second name that always holds the newest content, written after `path`: `{indicator}/latest.csv`. */
  readonly latest?: string
  /**
   * `object` (default): one object per group, replaced whole when the group is published. `append`: each load adds objects below `path`,
   * named after the batch they begin with and never replaced. With `partitionBy` they go to `<path>/<field>=<value>/`, as Hive has it.
   */
  readonly layout?: 'object' | 'append'
  /** Record fields to lay partitions by, outermost first. Only with `layout: 'append'`. */
  readonly partitionBy?: readonly string[]
  /**
   * `grow` (default): the columns of appended objects may grow by nullable ones, and any other change of the record schema is refused.
   * `any`: those who read them can cope. Only with `layout: 'append'`.
   */
  readonly schemaChanges?: 'grow' | 'any'
}

/** Which objects to read from a place, and how. */
export interface ObjectSourceOptions<T> {
  readonly format: Format<T>
  /** Keys that begin with this, below the place. Default: all. Keys with a segment that begins with `_` or `.` are left out. */
  readonly prefix?: string
  /** Keys that end with this: `.csv`. */
  readonly suffix?: string
  /** Exactly these keys, instead of a listing. */
  readonly keys?: readonly string[]
  /** Read objects again that an earlier load has read, though their ETag is the same. Default false. */
  readonly reread?: boolean
  /** More for the fingerprint. */
  readonly identity?: Json
}
