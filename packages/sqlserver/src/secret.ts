import { quietly } from '@millrace/aws'
import { ConfigError } from '@millrace/etl-core'
import type { SqlServerCredentials } from './options.js'

const packageName = '@aws-sdk/client-secrets-manager'

/** A secret is a small answer. Without these a network that swallows it, such as a VPC without a way there, is waited for without an end. */
const connectMs = 5_000
const answerMs = 10_000

/** What only someone else can put right. Everything else, such as a network that is away, may pass. */
const refusals: Readonly<Record<string, string>> = {
  AccessDeniedException: 'Let the role do secretsmanager:GetSecretValue on it.',
  ResourceNotFoundException: 'Check its ARN, and the region.',
  DecryptionFailure: 'Let the role do kms:Decrypt on its key.',
  InvalidRequestException: 'It may be about to be deleted.',
  CredentialsProviderError: 'Give the process a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
}

/**
 * User and password from a secret of AWS Secrets Manager: JSON with `username` and `password`, as RDS keeps them. Asked for each time, as they
 * are changed there now and then.
 *
 * @param id - ARN of the secret, which names the region too; or its name, in the region of the environment.
 * @throws ConfigError `ETL_CONFIG_CREDENTIALS` where it may not be read, is not there or is something else; `ETL_PACKAGE_MISSING`. What may pass
 * is thrown with the driver's own code for a connection that failed, so that the run tries again.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html (read 2026-12)
 */
export async function credentialsOfSecret(id: string): Promise<SqlServerCredentials> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager').catch(missing)
  const [, region] = /^arn:[^:]+:secretsmanager:([^:]+):/.exec(id) ?? []
  const requestHandler = { connectionTimeout: connectMs, socketTimeout: answerMs }
  const client = quietly(() => new SecretsManagerClient({ requestHandler, ...(region ? { region } : {}) }))
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }))
    return parsed(SecretString, id)
  } catch (error) {
    throw error instanceof ConfigError ? error : unread(error as Error, id)
  } finally {
    client.destroy()
  }
}

/** Nothing of the secret is told, whatever it holds. */
function parsed(text: string | undefined, id: string): SqlServerCredentials {
  let found: { readonly username?: unknown; readonly password?: unknown } | null = null
  try {
    found = JSON.parse(text ?? '')
  } catch {
    // Said below.
  }
  const { username: user, password } = found ?? {}
  if (typeof user === 'string' && typeof password === 'string' && user !== '' && password !== '') return { user, password }
  throw new ConfigError('ETL_CONFIG_CREDENTIALS', `The secret ${id} is no JSON with username and password.`, {
    context: { secret: id },
  })
}

function unread(cause: Error, id: string): Error {
  const text = `The secret ${id} could not be read: ${cause.name}: ${cause.message}`
  const advice = refusals[cause.name]
  if (advice !== undefined)
    return new ConfigError('ETL_CONFIG_CREDENTIALS', `${text.replace(/\.?$/, '.')} ${advice}`, { context: { secret: id }, cause })
  return Object.assign(new Error(text, { cause }), { code: 'ESOCKET' })
}

function missing(cause: unknown): never {
  throw new ConfigError(
    'ETL_PACKAGE_MISSING',
    `To read a secret this needs the package ${packageName}: npm install ${packageName}`,
    {
      cause,
    },
  )
}
