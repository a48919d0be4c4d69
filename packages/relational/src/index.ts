export type { Action, Side } from './action.js'
export type { Refused } from './find-refused.js'
export { findRefused } from './find-refused.js'
export type { FittingRules } from './fitting-table.js'
export { fittingTable, isReferable, nameTaken } from './fitting-table.js'
export type { KeyJson, RowRange } from './key-range.js'
export type { KeyComparison } from './keyset.js'
export { keyAlternatives } from './keyset.js'
export { layoutOf, writesText } from './layout.js'
export type { AdoptedColumn, LoadFacts, LoadStatement } from './load-statement.js'
export { adoptedColumns, columnNamed } from './load-statement.js'
export type { TableName } from './names.js'
export { nameProblem, reservedPrefix, sameName, tableName } from './names.js'
export type {
  ColumnRole,
  DatabaseRules,
  KeyRule,
  PlannedColumn,
  PlannedHistory,
  PlannedTable,
  PlannedView,
  RelationalPlan,
  WriteMode,
} from './plan.js'
export { planRelated } from './plan-related.js'
export { defaultGroupColumn, planSingle } from './plan-single.js'
export { type Page, readPages } from './read-pages.js'
export type { GroupBooks } from './replaced-group.js'
export { groupColumnOf, publishedName, refuseStaleGroup, replacedTable } from './replaced-group.js'
export type { RowReader } from './rows.js'
export { readRows, rowReader } from './rows.js'
export type { SinkShape } from './sink-shape.js'
export { relatedShape, tableShape } from './sink-shape.js'
export type { PlannedSource } from './source-options.js'
export { planSource, revivedRecord, sourceIdentity } from './source-options.js'
export type { ColumnReading, KeyedTable, ReadColumn, SourceTable } from './source-table.js'
export { badKey, keyJson, keyPart, nullKeys, sourceTableOf } from './source-table.js'
export type { SplitReceipt } from './split-books.js'
export { cleanedKnownForMs, emptyReceipt, splitSucceeded } from './split-books.js'
export { checkStateKey } from './state-key.js'
export type { LoadStep } from './steps.js'
export { fixedReferences, loadSteps, overwritten } from './steps.js'
export type { ByHand, StoredColumn, StoredTable, TableComparison } from './stored.js'
export { compareTable, incompatibleTable } from './stored.js'
export type { WriterCalls } from './writer-calls.js'
export { writerCalls } from './writer-calls.js'
