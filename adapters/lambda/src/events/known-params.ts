import { ConfigError, type Pipeline } from '@millrace/etl-core'
import { isObject } from './unknown.js'

/**
 * Refuses parameters that the pipeline does not have. A schema leaves them out without a word, and a misspelt one would be a run with
 * the default. Only where the schema is a zod object, which can be asked; others decide themselves.
 *
 * @throws ConfigError `ETL_PARAMS_INVALID`
 */
export function refuseUnknownParams(pipeline: Pipeline, params: unknown): void {
  const known = namesOf(pipeline.params)
  if (!known || !isObject(params)) return
  const unknown = Object.keys(params).filter(name => !known.includes(name))
  if (unknown.length === 0) return
  throw new ConfigError(
    'ETL_PARAMS_INVALID',
    `Parameters of "${pipeline.name}" are not valid: there is no ${unknown.map(name => `"${name}"`).join(', ')}; it takes ${
      known.length === 0 ? 'none' : known.join(', ')
    }.`,
    { context: { issues: unknown.map(name => ({ path: [name], message: 'unknown parameter' })) } },
  )
}

interface ZodObject {
  readonly _zod?: { readonly def?: { readonly type?: string; readonly shape?: object; readonly catchall?: unknown } }
}

/** Undefined where others may be given as well. */
function namesOf(schema: Pipeline['params']): readonly string[] | undefined {
  const { type, shape, catchall } = (schema as ZodObject | undefined)?._zod?.def ?? {}
  return type === 'object' && shape && catchall === undefined ? Object.keys(shape) : undefined
}
