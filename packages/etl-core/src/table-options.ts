import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from './json.js'

/** How records become rows of one table. */
export interface TableSinkOptions<T> {
  /** `readings`, `archive.readings`. Made if it is not there; grows by nullable columns if it is. */
  readonly table: string
  /**
   * `append` (default): rows are added. `merge`: a row is written by its natural `key`, what is there is overwritten. `replace`: the rows of
   * a group are swapped when the group is published.
   */
  readonly disposition?: 'append' | 'merge' | 'replace'
  /** The natural key: columns that take no null. Needed for `merge`. */
  readonly key?: readonly (keyof T & string)[]
  /** `replace` only: the column that holds the group's name, beside those of the record. Default `_group`. */
  readonly groupColumn?: string
  /** Of the rows. Default: the schema of the flow's last `validate`. */
  readonly schema?: StandardSchemaV1<unknown, T>
}

/** How flat records become rows of several tables that refer to each other. */
export interface RelatedTablesOptions<T> {
  readonly tables: Readonly<Record<string, RelatedTable<T>>>
  /**
   * Views by name, each of a table: its rows with all they refer to, flat, with the columns named as the record's fields are, and with the
   * table's id, if it has one.
   */
  readonly views?: Readonly<Record<string, string>>
  /** Of the records. Default: the schema of the flow's last `validate`. */
  readonly schema?: StandardSchemaV1<unknown, T>
}

/** One of several related tables. */
export interface RelatedTable<T> {
  /** Columns, each with the record's field it holds. */
  readonly columns?: Readonly<Record<string, keyof T & string>>
  /**
   * Columns that hold the id of a row of another declared table: the one the same record is about. Null where the other's key is null in the
   * record.
   */
  readonly references?: Readonly<Record<string, string>>
  /** The natural key: names of `columns` and `references`. Two records with the same key are about the same row. */
  readonly key: readonly string[]
  /**
   * What becomes of a row that is there already. `overwrite` (default): columns that differ are written. `keep`: it stays as it is, as a
   * reading does that comes twice.
   */
  readonly changes?: 'overwrite' | 'keep'
  /** Columns whose old values stay, in a row of their own with a time from and until which it was so. */
  readonly history?: TableHistory<T>
  /** The column of the id the database gives. Default `<table>_id` for tables that are referred to, and none for others. */
  readonly id?: string
}

/** What is kept of the past of a table's rows. */
export interface TableHistory<T> {
  /** Names of `columns` and `references`: a change of one of them ends the row and begins another. Others are overwritten. */
  readonly of: readonly string[]
  /** The record's field that says when it was so, a timestamp. Default: when the load began. */
  readonly at?: keyof T & string
  /** The column from which on a row was so, included. Default `valid_from`. */
  readonly from?: string
  /** The column until which it was so, excluded; null for the row that holds now. Default `valid_until`. */
  readonly until?: string
}

/** Which rows to read from a table or view, and how. */
export interface TableSourceOptions<T> {
  readonly table: string
  /** What is read: its columns, with their types. */
  readonly schema: StandardSchemaV1<unknown, T>
  /** Columns that are unique together and take no null. Rows come in their order, and a cursor holds the key of the last one. */
  readonly key: readonly (keyof T & string)[]
  /** Only rows whose timestamp or date is earlier than the cut-off. Decided once, when the load begins. */
  readonly before?: CutOff & { readonly column: keyof T & string }
  /** Only rows with a greater key than any that an earlier load has read. Default false: all of them in every load. */
  readonly newOnly?: boolean
  /** Rows are cut into this many splits by ranges of the key's first column. Default 1. */
  readonly splits?: number
  /**
   * Where rows are removed by `key` when they are moved: the table that a view is of. Default: `table` itself. Views of related tables have
   * the id of their table's rows, which is a good key.
   */
  readonly removeFrom?: string
  /** Rows asked for at once. Default 10,000. */
  readonly pageRows?: number
  /** More for the fingerprint. */
  readonly identity?: Json
}

/** An instant or a day up to which rows count, excluded. */
export type CutOff =
  /** As text of the column's type: `2026-01-26T13:00:00Z`, `2026-01-26`. */
  | { readonly value: string }
  /** So many milliseconds before `now`: a UTC timestamp, by default when the load began. */
  | { readonly olderThanMs: number; readonly now?: string }
