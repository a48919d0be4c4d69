import type { Column, ColumnType } from '@millrace/schema/columns'
import type { TableName } from './names.js'

/** What a database says of itself before tables are planned for it. */
export interface DatabaseRules {
  /** The type a column has there, as its catalog spells it: `BIGINT`, `DECIMAL(18,4)`. */
  physicalType(type: ColumnType): string
  /** The longest name, in UTF-16 units. */
  readonly maxNameChars: number
  /** Why values of a type cannot be part of a key there: text without a limit on SQL Server. */
  keyProblem?(type: ColumnType): string | undefined
  /** Why a value that fits its type does not fit there, in the words that follow a value; `undefined` if it does. */
  valueProblem?(type: ColumnType, value: unknown): string | undefined
}

/** What a physical column is for. */
export type ColumnRole =
  /** Given by the database. */
  | { readonly role: 'id' }
  /** Holds a field of the record; `field` counts the plan's fields. */
  | { readonly role: 'field'; readonly field: number }
  /** Holds the id of a row of another table; `to` counts the plan's tables. */
  | { readonly role: 'reference'; readonly to: number }
  /** From and until when a row with history held. */
  | { readonly role: 'from' | 'until' }
  /** The name of the group a row was published with. */
  | { readonly role: 'group' }

/** One physical column. */
export type PlannedColumn = Column & ColumnRole

/** How rows meet those that are there. */
export type WriteMode = 'append' | 'overwrite' | 'keep' | 'history'

/** A table as it is to be, and how records become its rows. */
export interface PlannedTable {
  /** As declared: `archive.readings`. */
  readonly name: string
  readonly at: TableName
  readonly mode: WriteMode
  /** In the order they are created. */
  readonly columns: readonly PlannedColumn[]
  /** Physical columns by which a row is known. Empty for `append`. */
  readonly key: readonly string[]
  /** Physical columns that are unique together: the key, with history also the time from which on. */
  readonly unique: readonly string[]
  readonly id?: string
  readonly history?: PlannedHistory
  /** Other tables refer to it. */
  readonly referred: boolean
  /** Records may be about no row of it: all fields of its key are null then. */
  readonly optional: boolean
  /** References that hold the id of an older row of the same key, if the row that is there does: see {@link loadSteps}. */
  readonly adopts: boolean
}

/** What is kept of the past. */
export interface PlannedHistory {
  /** Physical columns. */
  readonly of: readonly string[]
  /** Counts the plan's fields. Absent: when the load began. */
  readonly at?: number
  readonly from: string
  readonly until: string
}

/** A view that gives the flat record back. */
export interface PlannedView {
  readonly name: string
  readonly at: TableName
  /** Counts the plan's tables. */
  readonly table: number
  /** Tables to join, in order: those that `from` refers to by `column`. */
  readonly joins: readonly { readonly from: number; readonly column: string; readonly to: number }[]
  readonly columns: readonly { readonly table: number; readonly column: string; readonly as: string }[]
}

/** What a declaration comes to. */
export interface RelationalPlan {
  /** The record's fields that some table holds, in the order they are staged. */
  readonly fields: readonly Column[]
  /** Those that are referred to come first. */
  readonly tables: readonly PlannedTable[]
  readonly views: readonly PlannedView[]
  /** What is compared in JavaScript before anything goes to the database. */
  readonly keys: readonly KeyRule[]
}

/** Which fields of a record name a row, for the check of nulls. */
export interface KeyRule {
  readonly table: string
  /** Count the plan's fields: those that may be null. */
  readonly nullable: readonly number[]
  /** All of them may be null together. */
  readonly optional: boolean
  /** Counts the plan's fields: the time of a row with history. Not null where the key is there. */
  readonly time?: number
}
