import type { SqlServerOptions } from '../../src/options.js'

/** A server for live tests: its place, without secrets, and how to connect. */
export interface LiveAddress {
  readonly place: string
  readonly options: SqlServerOptions
}

const form = 'sqlserver://user:password@host:port/database?encrypt=false'

/**
 * Takes `sqlserver://user:password@host:port/database?encrypt=false` apart (or `?trustServerCertificate=true`). Without a user, log-ins are
 * those of the environment. Each call gives connections of their own.
 *
 * @throws Error that says nothing of what the text holds.
 */
export function liveAddress(text: string): LiveAddress {
  const { url, user, password } = taken(text)
  url.username = ''
  url.password = ''
  // Shorter than those of production: a lock that nobody lets go of shall fail a test, not end its time.
  const waits = { lockTimeoutMs: 30_000, requestTimeoutMs: 60_000 }
  return { place: url.href, options: user === '' ? waits : { ...waits, credentials: () => ({ user, password }) } }
}

function taken(text: string): { readonly url: URL; readonly user: string; readonly password: string } {
  try {
    const url = new URL(text)
    if (url.protocol === 'sqlserver:' && url.host !== '')
      return { url, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  } catch {
    // Told below, in words that are no secret.
  }
  throw new Error(`MILLRACE_TEST_SQLSERVER is not like ${form}; in a password, / ? # % are %2F %3F %23 %25`)
}
