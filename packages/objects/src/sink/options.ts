import { ConfigError, type ObjectSinkOptions } from '@millrace/etl-core'
import type { AccessFor } from '../access.js'
import type { ObjectStore } from '../store.js'
import { templateProblem } from './template.js'

/** An object sink and its place. */
export interface ObjectSinkSettings<T> extends ObjectSinkOptions<T> {
  /** Opens the store; called when it is first needed. */
  readonly store: () => ObjectStore | Promise<ObjectStore>
  /** The place for people: `file:out`. */
  readonly shown: string
  /** What must be allowed at the place. Default: the sink does not say. */
  readonly access?: AccessFor
  /**
   * Stage a part when so many bytes wait, so that memory is bounded. Default 8 MiB: small beside a run's budget of 64 MiB, and large enough
   * for buckets to copy it in one piece (5 MiB).
   */
  readonly partBytes?: number
  /** `append` only: parts of one split become one object up to this size. Default 128 MiB, what Athena and Spark like best. */
  readonly objectBytes?: number
}

/**
 * Checks what can be checked without a flow.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 */
export function checkSinkOptions<T>(options: ObjectSinkSettings<T>): void {
  const { path, latest, layout = 'object', partitionBy = [], partBytes = 1, objectBytes = 1 } = options
  const append = layout === 'append'
  const problems: string[] = []
  const check = (name: string, template: string) => {
    const problem = templateProblem(template)
    if (problem) problems.push(`"${name}" is ${JSON.stringify(template)}, and ${problem}`)
  }
  if (!append || path !== '') check('path', path)
  if (latest !== undefined) check('latest', latest)
  if (layout !== 'object' && layout !== 'append') problems.push(`"layout" is "object" or "append", not ${JSON.stringify(layout)}`)
  if (append && latest !== undefined)
    problems.push('"latest" goes with layout "object" only: appended objects are never replaced')
  if (!append && options.schemaChanges !== undefined)
    problems.push('"schemaChanges" goes with layout "append" only: replaced objects hold one schema')
  if (!append && partitionBy.length > 0) problems.push('"partitionBy" goes with layout "append" only')
  if (new Set(partitionBy).size < partitionBy.length) problems.push('"partitionBy" names a field twice')
  if (partitionBy.includes('')) problems.push('"partitionBy" holds an empty name')
  if (!(partBytes >= 1)) problems.push('"partBytes" must be 1 or more')
  if (!(objectBytes >= 1)) problems.push('"objectBytes" must be 1 or more')
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Objects at ${options.shown}: ${problems.join('; ')}.`)
}
