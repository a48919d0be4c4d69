import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { checkEndpoint, endpointIn, isCustom, quietly, sharing } from '@millrace/aws'
import type { S3ClientOptions } from './options.js'

type Sdk = typeof import('./sdk.js')

/** A client and what it takes to make requests with it. */
export interface Api {
  readonly sdk: Sdk
  readonly client: S3Client
  /** The server is not AWS: what only some of the others do is looked out for. */
  readonly custom: boolean
}

/** No byte moved for so long: the connection is given up and the request tried again. */
const stillMs = 120_000
const connectMs = 10_000

/**
 * Loads the SDK and makes a client, unless one is given. No request is made.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for an endpoint in the environment or profile that is no address. As the SDK does when it
 * finds no region.
 */
export async function openApi(options: S3ClientOptions, env: NodeJS.ProcessEnv = process.env): Promise<Api> {
  const sdk = await import('./sdk.js')
  if (options.client) return { sdk, client: options.client, custom: isCustom(await endpointOf(options.client)) }
  const made = (custom: boolean): S3Client => quietly(() => new sdk.S3Client(configOf(options, custom, env)))
  const found = options.endpoint === undefined ? endpointIn(env, 'S3') : undefined
  if (found) checkEndpoint('S3', found.name, found.endpoint)
  if (isCustom(options.endpoint ?? found?.endpoint)) return { sdk, client: made(true), custom: true }
  const client = made(false)
  // The profile may name an endpoint, which only the SDK finds.
  const ofProfile = await endpointOf(client)
  if (ofProfile !== undefined) checkEndpoint('S3', "the profile's endpoint_url", ofProfile)
  if (isCustom(ofProfile)) return { sdk, client: made(true), custom: true }
  await client.config.region()
  return { sdk, client, custom: false }
}

/** {@link openApi}, with one client for all stores of the process that are reached the same way. */
export const sharedApi = sharing((options: S3ClientOptions) => openApi(options))

function configOf(options: S3ClientOptions, custom: boolean, env: NodeJS.ProcessEnv): S3ClientConfig {
  const { region, endpoint, forcePathStyle = custom, credentials, maxAttempts } = options
  const attempts = maxAttempts ?? (env.AWS_MAX_ATTEMPTS === undefined ? 5 : undefined)
  return {
    forcePathStyle,
    requestHandler: { connectionTimeout: connectMs, socketTimeout: stillMs },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(attempts === undefined ? {} : { maxAttempts: attempts }),
    // Unless AWS_RETRY_MODE says otherwise, so that a default of the profile does not.
    ...(env.AWS_RETRY_MODE === undefined ? { retryMode: 'standard' } : {}),
    ...regionOf(region, custom, env),
    // Bodies are signed as a whole, so damage is found anyway; other servers stumble over checksums they do not know.
    ...(custom && env.AWS_REQUEST_CHECKSUM_CALCULATION === undefined ? { requestChecksumCalculation: 'WHEN_REQUIRED' } : {}),
    ...(custom && env.AWS_RESPONSE_CHECKSUM_VALIDATION === undefined ? { responseChecksumValidation: 'WHEN_REQUIRED' } : {}),
  }
}

/** Servers other than AWS mostly take any region; a profile may still name one. */
function regionOf(region: string | undefined, custom: boolean, env: NodeJS.ProcessEnv): Pick<S3ClientConfig, 'region'> {
  if (region !== undefined) return { region }
  return custom && env.AWS_REGION === undefined && env.AWS_PROFILE === undefined ? { region: 'us-east-1' } : {}
}

/** Where a client's requests go: what it was made with, else what environment or profile say, which it looks up as it begins to ask. */
async function endpointOf({ config }: S3Client): Promise<string | undefined> {
  const endpoint = await config?.endpoint?.()
  if (endpoint) return `${endpoint.protocol}//${endpoint.hostname}`
  return config?.ignoreConfiguredEndpointUrls ? undefined : config?.serviceConfiguredEndpoint?.()
}
