export type { KeyComparison } from './keyset.js'
export { keyAlternatives } from './keyset.js'
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
export type { RowReader } from './rows.js'
export { rowReader } from './rows.js'
export type { PlannedSource } from './source-options.js'
export { planSource } from './source-options.js'
export type { LoadStep } from './steps.js'
export { fixedReferences, loadSteps, overwritten } from './steps.js'
export type { ByHand, StoredColumn, StoredTable, TableComparison } from './stored.js'
export { compareTable, incompatibleTable } from './stored.js'
