import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { endpointProblems } from '@millrace/aws'
import { ConfigError } from '@millrace/etl-core'
import { prefixProblem, tableProblem } from './place.js'

/** How DynamoDB is reached. Everything has a default: credentials and region come from where the AWS SDK finds them. */
export interface DynamoClientOptions {
  /** A ready client. What is said here of region, endpoint, credentials and attempts then has no effect, and its owner closes it. */
  readonly client?: DynamoDBClient
  /** Default: `AWS_REGION`, or the profile's; `us-east-1` with an endpoint of your own. */
  readonly region?: string
  /**
   * The address of a server that speaks DynamoDB: `http://127.0.0.1:8000`. Default: `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, the
   * profile's `endpoint_url`, else AWS itself. Without user and password.
   */
  readonly endpoint?: string
  /** Access keys or a function that gets them. Default: environment, profile, container or instance role, as the SDK looks for them. */
  readonly credentials?: DynamoDBClientConfig['credentials']
  /** Attempts at a request, the first one included, with growing waits between them. Default `AWS_MAX_ATTEMPTS`, else 8. */
  readonly maxAttempts?: number
}

/** What {@link dynamoState} is told. */
export interface DynamoStateOptions extends DynamoClientOptions {
  /** A table with the keys `pk` and `sk`, both strings. It is not created. */
  readonly table: string
  /** Whose state it is: the pipeline's name. Several pipelines may share a table. */
  readonly pipeline: string
  /** Tells deployments that share a table apart: `staging`. Default: none. */
  readonly prefix?: string
}

/** All that {@link dynamodbWith} takes, and what {@link dynamoState} takes besides. */
export const clientOptionNames: ReadonlySet<string> = new Set(['client', 'region', 'endpoint', 'credentials', 'maxAttempts'])
export const stateOptionNames: ReadonlySet<string> = new Set([...clientOptionNames, 'table', 'pipeline', 'prefix'])

/** @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. */
export function checkClientOptions(options: DynamoClientOptions): void {
  refuse(clientProblems(options, clientOptionNames))
}

/** @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. */
export function checkStateOptions(options: DynamoStateOptions): void {
  const { table, pipeline, prefix } = options
  const named = typeof pipeline === 'string' && /^[A-Za-z0-9._-]{1,80}$/.test(pipeline)
  refuse([
    ...[tableProblem(table), prefix === undefined ? undefined : prefixProblem(prefix)].filter(each => each !== undefined),
    ...(named ? [] : ["pipeline must be a pipeline's name"]),
    ...clientProblems(options, stateOptionNames),
  ])
}

function clientProblems(options: DynamoClientOptions, known: ReadonlySet<string>): string[] {
  const { endpoint, maxAttempts } = options
  const unknown = Object.keys(options).filter(name => !known.has(name))
  const attempts = maxAttempts === undefined || (Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 100)
  return [
    ...(unknown.length > 0 ? [`unknown: ${unknown.join(', ')}`] : []),
    ...(attempts ? [] : ['maxAttempts must be a whole number from 1 to 100']),
    ...(endpoint === undefined ? [] : endpointProblems('endpoint', endpoint)),
  ]
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Options for DynamoDB are not valid: ${problems.join('; ')}.`)
}
