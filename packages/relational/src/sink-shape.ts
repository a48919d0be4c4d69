import type { FlowFacts, RelatedTablesOptions, SinkCapabilities, TableSinkOptions } from '@millrace/etl-core'
import { columnsOf } from '@millrace/schema/columns'
import type { DatabaseRules, RelationalPlan } from './plan.js'
import { planRelated } from './plan-related.js'
import { planSingle } from './plan-single.js'

/** What a sink's tables are, once the flow's schema is known. */
export interface SinkShape {
  readonly disposition: SinkCapabilities['disposition']
  /** The tables, as they are declared. */
  readonly names: readonly string[]
  /**
   * Plans them.
   *
   * @throws ConfigError `ETL_CONFIG_INVALID` for a declaration, `ETL_COLUMNS_UNKNOWN` where neither options nor flow have a schema of known types.
   */
  plan(facts: Pick<FlowFacts, 'schema'>): RelationalPlan
}

/** The shape of a sink for one table. */
export function tableShape<T>(options: TableSinkOptions<T>, rules: DatabaseRules): SinkShape {
  return {
    disposition: options.disposition ?? 'append',
    names: [options.table],
    plan: facts => planSingle(options, columnsOf(options.schema ?? facts.schema), rules),
  }
}

/** The shape of a sink for related tables. */
export function relatedShape<T>(options: RelatedTablesOptions<T>, rules: DatabaseRules): SinkShape {
  return {
    disposition: 'merge',
    names: Object.keys(options.tables),
    plan: facts => planRelated(options, columnsOf(options.schema ?? facts.schema), rules),
  }
}
