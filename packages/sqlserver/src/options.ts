import { ConfigError } from '@millrace/etl-core'
import { credentialsOfSecret } from './secret.js'

/** Who logs in. */
export interface SqlServerCredentials {
  readonly user: string
  readonly password: string
}

/** How a server is connected to; nothing is needed. */
export interface SqlServerOptions {
  /**
   * Gets user and password, each time connections are opened: from a vault, or renewed. Default: the secret of AWS Secrets Manager that
   * `MILLRACE_SQLSERVER_SECRET` names, else the environment's `MILLRACE_SQLSERVER_USER` and `MILLRACE_SQLSERVER_PASSWORD`.
   */
  readonly credentials?: () => SqlServerCredentials | Promise<SqlServerCredentials>
  /** TLS for all that is sent. Default true, or what the place says. A server that offers none is refused before the password is sent. */
  readonly encrypt?: boolean
  /** Take any certificate: for a server of one's own that signed it itself. Default false, or what the place says. */
  readonly trustServerCertificate?: boolean
  /** Connections at once, and as many again for sources. Default 8. */
  readonly maxConnections?: number
  /** How long a connection may take to open, in milliseconds. Default 15,000. */
  readonly connectTimeoutMs?: number
  /** How long a statement may take, in milliseconds. Default 300,000. */
  readonly requestTimeoutMs?: number
  /** How long a statement waits for what others have locked, in milliseconds. Default 60,000. */
  readonly lockTimeoutMs?: number
}

/** Options with their defaults. */
export type KnownOptions = Required<Omit<SqlServerOptions, 'credentials'>> & Pick<SqlServerOptions, 'credentials'>

const defaults = {
  encrypt: true,
  trustServerCertificate: false,
  // A few splits at once, each of which needs one at a time, and state.
  maxConnections: 8,
  connectTimeoutMs: 15_000,
  // The client's own 15 s are over before a large load is in its tables.
  requestTimeoutMs: 300_000,
  lockTimeoutMs: 60_000,
} as const

/**
 * Checks options and fills in what is not said.
 *
 * @param place - What the place says of the connection.
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 */
export function knownOptions(
  options: SqlServerOptions,
  place: Pick<SqlServerOptions, 'encrypt' | 'trustServerCertificate'> = {},
): KnownOptions {
  const given = options as Readonly<Record<string, unknown>>
  const problems = [
    ...Object.keys(options).flatMap(name => (name in defaults || name === 'credentials' ? [] : [`"${name}" is no option`])),
    ...(['encrypt', 'trustServerCertificate'] as const).flatMap(name =>
      given[name] === undefined || typeof given[name] === 'boolean' ? [] : [`"${name}" is neither true nor false`],
    ),
    ...(['maxConnections', 'connectTimeoutMs', 'requestTimeoutMs', 'lockTimeoutMs'] as const).flatMap(name =>
      given[name] === undefined || (Number.isInteger(given[name]) && (given[name] as number) >= 1)
        ? []
        : [`"${name}" is no whole number from 1 on`],
    ),
    ...(given.credentials === undefined || typeof given.credentials === 'function'
      ? []
      : ['"credentials" is no function: secrets have no place in code']),
  ]
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `SQL Server: ${problems.join('; ')}.`, { context: { problems } })
  return { ...defaults, ...place, ...options }
}

/**
 * Who logs in, now.
 *
 * @throws ConfigError `ETL_CONFIG_CREDENTIALS` if nobody was named, or a secret cannot be read.
 */
export async function credentialsOf({ credentials }: Pick<SqlServerOptions, 'credentials'>): Promise<SqlServerCredentials> {
  const { MILLRACE_SQLSERVER_USER: user, MILLRACE_SQLSERVER_PASSWORD: password, MILLRACE_SQLSERVER_SECRET: secret } = process.env
  if (!credentials && secret) return credentialsOfSecret(secret)
  const found = credentials ? await credentials() : { user: user ?? '', password: password ?? '' }
  if (found.user === '' || found.password === '') {
    throw new ConfigError(
      'ETL_CONFIG_CREDENTIALS',
      credentials
        ? 'The function that was given for credentials of SQL Server gave no user or no password.'
        : 'There is no user or no password for SQL Server: set MILLRACE_SQLSERVER_USER and MILLRACE_SQLSERVER_PASSWORD, or MILLRACE_SQLSERVER_SECRET to the ARN of a secret, or give sqlServerWith a function `credentials`.',
    )
  }
  return found
}
