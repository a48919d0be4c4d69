import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { checkEndpoint, endpointIn, isCustom, quietly, sharing } from '@millrace/aws'
import type { DynamoClientOptions } from './options.js'

/** A client and what it takes to make requests with it. */
export interface Api {
  readonly sdk: typeof import('./sdk.js')
  readonly client: DynamoDBClient
}

/** No byte moved for so long: the connection is given up and the request tried again. Answers mostly come within 10 ms. */
const stillMs = 10_000
const connectMs = 5_000

/**
 * Loads the SDK and makes a client, unless one is given. No request is made.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for an endpoint in the environment that is no address. As the SDK does when it finds no region.
 */
export async function openApi(options: DynamoClientOptions, env: NodeJS.ProcessEnv = process.env): Promise<Api> {
  const sdk = await import('./sdk.js')
  if (options.client) return { sdk, client: options.client }
  const found = options.endpoint === undefined ? endpointIn(env, 'DYNAMODB') : undefined
  if (found) checkEndpoint('DynamoDB', found.name, found.endpoint)
  const custom = isCustom(options.endpoint ?? found?.endpoint)
  const client = quietly(() => new sdk.DynamoDBClient(configOf(options, custom, env)))
  await client.config.region()
  return { sdk, client }
}

/** {@link openApi}, with one client for all tables of the process that are reached the same way. */
export const sharedApi = sharing((options: DynamoClientOptions) => openApi(options))

function configOf(options: DynamoClientOptions, custom: boolean, env: NodeJS.ProcessEnv): DynamoDBClientConfig {
  const { endpoint, credentials, region, maxAttempts } = options
  const attempts = maxAttempts ?? (env.AWS_MAX_ATTEMPTS === undefined ? 8 : undefined)
  // Servers other than AWS mostly take any region; a profile may still name one.
  const anyRegion = custom && env.AWS_REGION === undefined && env.AWS_PROFILE === undefined ? 'us-east-1' : undefined
  const where = region ?? anyRegion
  return {
    requestHandler: { connectionTimeout: connectMs, socketTimeout: stillMs },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(attempts === undefined ? {} : { maxAttempts: attempts }),
    // Unless AWS_RETRY_MODE says otherwise, so that a default of the profile does not.
    ...(env.AWS_RETRY_MODE === undefined ? { retryMode: 'standard' } : {}),
    ...(where === undefined ? {} : { region: where }),
  }
}
