import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ConfigError } from './errors.js'
import { hashOf, type Json, toJson } from './json.js'
import type { Pipeline } from './pipeline.js'
import { issueFromStandard } from './steps/issues.js'

/**
 * Checks parameters against a pipeline's schema.
 *
 * @throws ConfigError `ETL_PARAMS_INVALID` with all problems at once; `context.issues` holds them one by one, `{ path, message }`.
 */
export async function parseParams<S extends StandardSchemaV1>(
  pipeline: Pipeline<S>,
  given: unknown,
): Promise<StandardSchemaV1.InferOutput<S>> {
  const input = given ?? {}
  if (!pipeline.params) {
    const extra = Object.keys(input as object)
    if (extra.length > 0)
      throw invalid(
        pipeline.name,
        extra.map(name => ({ path: [name], message: 'unknown parameter' })),
      )
    return {} as StandardSchemaV1.InferOutput<S>
  }
  const result = await pipeline.params['~standard'].validate(input)
  if (result.issues)
    throw invalid(
      pipeline.name,
      result.issues.map(issue => issueFromStandard(issue)),
    )
  return result.value as StandardSchemaV1.InferOutput<S>
}

function invalid(pipeline: string, issues: readonly { path: readonly (string | number)[]; message: string }[]): ConfigError {
  const lines = issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  return new ConfigError('ETL_PARAMS_INVALID', `Parameters of "${pipeline}" are not valid: ${lines.join('; ')}.`, {
    context: { issues: issues.map(({ path, message }) => ({ path: [...path], message })) },
  })
}

/**
 * The parameters as given, for people, and the hash of those that decide which records arrive: as the schema reads them, with its defaults,
 * so that another spelling is the same and another default is not. What the schema does not know decides nothing.
 */
export function decidingParams(
  given: unknown,
  parsed: unknown,
  pipeline: Pick<Pipeline, 'volatile' | 'loadOnly'>,
): DecidingParams {
  const entries: [string, unknown][] =
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [['value', parsed]]
  const ofLoad = entries.filter(([name]) => !pipeline.volatile.includes(name))
  const ofGroups = ofLoad.filter(([name]) => !pipeline.loadOnly.includes(name))
  const key = (some: typeof entries) => hashOf(toJson(Object.fromEntries(some)), 32)
  return { params: toJson(given ?? {}), paramsKey: key(ofLoad), groupParamsKey: key(ofGroups) }
}

/** Parameters and what they decide. */
export interface DecidingParams {
  /** As given, for people. */
  readonly params: Json
  /** Of those that shape a load: an unfinished one goes on only with the same. */
  readonly paramsKey: string
  /** Of those that decide what a group holds: a bookmark holds only for the same. */
  readonly groupParamsKey: string
}
