import type { RetryVerdict } from '@millrace/etl-core'

/** What an error means; the last part of its code. */
export type Meaning = 'UNAVAILABLE' | 'RATE_LIMITED' | 'FULL' | 'DENIED' | 'NOT_FOUND' | 'REFUSED'

/** One row: what it means and what to do about it. */
export interface Row {
  readonly meaning: Meaning
  readonly retry: RetryVerdict
  readonly advice?: string
  /** A single row of what was written may be to blame. */
  readonly row?: true
}

const later = (advice?: string): Row => ({ meaning: 'UNAVAILABLE', retry: 'later', ...(advice ? { advice } : {}) })
const slow = (advice: string): Row => ({ meaning: 'RATE_LIMITED', retry: 'later', advice })
const full = (advice: string): Row => ({ meaning: 'FULL', retry: 'later', advice })
const denied = (advice: string): Row => ({ meaning: 'DENIED', retry: 'never', advice })
const row: Row = { meaning: 'REFUSED', retry: 'never', row: true }
const changed: Row = { meaning: 'REFUSED', retry: 'never', advice: 'Someone may have changed the tables meanwhile.' }

/** A table is not there. */
export const noTable: Row = { meaning: 'NOT_FOUND', retry: 'never', advice: 'A table is gone, or the user may not see it.' }
const busy = slow('Azure SQL has reached a limit of the database: run fewer splits at once, or choose a larger size.')
const moving = later('The database is moving to another node or starting.')
const permission = denied(
  'Grant the user what is missing: reading and writing the tables, and creating them where they are made.',
)

const each = (numbers: readonly number[], of: Row): Readonly<Record<number, Row>> => Object.fromEntries(numbers.map(n => [n, of]))

/**
 * By SQL Server's error number. Without a page beside it:
 * https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors (read 2026-11).
 */
export const byNumber: Readonly<Record<number, Row>> = {
  // Deadlock victim, lock time-out, conflicts of snapshots and of tables in memory: the transaction may succeed when it is run again.
  ...each([1205, 1222, 3960, 3961, 41301, 41302, 41305, 41325, 41839], later()),
  // Throttling: https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
  ...each([40501, 49918, 49919, 49920, 10928, 10929, 10936], busy),
  // Fail-over and reconfiguration, the same page; availability groups: 976, 978, 979, 983, 988; mirroring: 955.
  ...each([40197, 40143, 40540, 40613, 40020, 40166, 615, 955, 976, 978, 979, 983, 988, 4221], moving),
  // Log-in while a server starts, is upgraded, is being shut down, or its database recovers or is restored.
  ...each([921, 922, 924, 927, 952, 6005, 6006, 17142, 17187, 17197, 18401, 18451, 18461], moving),
  // The session was ended by someone or by the server.
  ...each([64, 121, 233, 596, 10053, 10054, 10060, 10061], later('The connection was cut off.')),
  // No memory for the statement now.
  ...each([701, 802, 8645, 8651], later('The server is short of memory.')),
  ...each(
    [1101, 1105, 9002, 40544, 40549, 40552, 3257],
    full('Make room: for the data files, the log, or the size the database may have.'),
  ),

  // A wrong name says the same as a database that is not open yet.
  4060: { meaning: 'NOT_FOUND', retry: 'later', advice: 'Check the name of the database, and whether the user may use it.' },
  911: { meaning: 'NOT_FOUND', retry: 'never', advice: 'Check the name of the database.' },
  208: noTable,
  ...each([18456, 18452, 18470], denied('Check user and password (MILLRACE_SQLSERVER_USER, MILLRACE_SQLSERVER_PASSWORD).')),
  ...each([18486, 18487, 18488], denied('The log-in is locked, or its password has to be changed.')),
  ...each([229, 230, 262, 297, 300, 916, 1088, 15151, 15247, 2557, 2760, 3701], permission),
  3906: denied('The database is read-only.'),

  // A key that is taken, a foreign key or check, null where none may be, text or number too long for its column, no such value.
  ...each([2627, 2601, 547, 515, 2628, 8152, 8114, 8115, 245, 220, 241, 242, 248, 295, 1007, 9803, 1946, 511, 550], row),
  // Columns and types that are not as they were.
  ...each([207, 213, 257, 206, 2705, 2714, 4104, 4901, 1776, 1785, 8101, 4405], changed),
  468: {
    meaning: 'REFUSED',
    retry: 'never',
    advice: 'Text of a key has another collation in the table than the database: give that column the collation of the database.',
  },
}

/**
 * What Babelfish says where it has no number of SQL Server's for an error of PostgreSQL; its words tell them apart. It is no number of a trigger,
 * though it is above 50,000 (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/babelfish-strict.html, read 2026-11).
 */
export const unmapped = 33_557_097

/** By the words of PostgreSQL, in English (https://www.postgresql.org/docs/current/errcodes-appendix.html). What is not here is no row's fault. */
export const byWords: readonly (readonly [RegExp, Row])[] = [
  [/lock timeout|could not serialize|deadlock detected|could not obtain lock/i, later()],
  [/terminating connection|system is (starting up|shutting down|in recovery)|recovery mode/i, moving],
  [/too many clients|remaining connection slots|statement timeout/i, later('The server is busy.')],
  [/out of (shared )?memory/i, later('The server is short of memory.')],
  [/no space left|could not extend file|disk full/i, full('Make room on the disk of the server.')],
  [/permission denied|must be owner/i, permission],
  [/read-only transaction/i, denied('The database is read-only.')],
  [/relation .* does not exist/i, noTable],
]

const vouch =
  'set NODE_EXTRA_CA_CERTS to a file with its issuer, or say trustServerCertificate=true in the place if the server is your own.'

/** By the code of the client or of the network. */
export const byCode: Readonly<Record<string, Row>> = {
  ECONNREFUSED: later('The connection was refused: check host and port, and whether the server is running.'),
  ECONNRESET: later('The connection was cut off.'),
  ECONNCLOSED: later('The connection was cut off.'),
  EPIPE: later('The connection was cut off.'),
  EINVALIDSTATE: later('The connection was cut off.'),
  ENOTOPEN: later(),
  ETIMEDOUT: later('The connection timed out.'),
  EHOSTUNREACH: later('The host cannot be reached from here.'),
  ENETUNREACH: later('The network cannot be reached from here.'),
  ENOTFOUND: later('The host name is not known: check it, and the network.'),
  EAI_AGAIN: later('The host name could not be looked up.'),
  ENOTLS: denied('Give it a certificate. `encrypt=false` in the place sends everything, the data too, for all to read.'),
  CERT_HAS_EXPIRED: denied("The server's certificate has expired."),
  DEPTH_ZERO_SELF_SIGNED_CERT: denied(`The server's certificate is self-signed: ${vouch}`),
  SELF_SIGNED_CERT_IN_CHAIN: denied(`The server's certificate is self-signed: ${vouch}`),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: denied(`The server's certificate cannot be verified: ${vouch}`),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: denied(`The server's certificate cannot be verified: ${vouch}`),
  ERR_TLS_CERT_ALTNAME_INVALID: denied("The server's certificate is for another host: name that one in the place."),
  EENCRYPT: denied('The server takes encrypted connections only: leave `encrypt` out.'),
  // Less telling than what lies below it, so last.
  ESOCKET: later('The connection was cut off, or could not be opened.'),
  ETIMEOUT: later('No answer came in time.'),
  ELOGIN: denied('Check user and password (MILLRACE_SQLSERVER_USER, MILLRACE_SQLSERVER_PASSWORD).'),
}

/** Numbers that people give to errors they raise themselves, in triggers for instance. */
export const isRaised = (number: number): boolean => number >= 50_000 && number !== unmapped
export const raised: Row = row
/** An error of the server that is not listed: from severity 17 on it is out of resources, from 20 on the connection is gone. */
export function bySeverity(severity: number): Row {
  return severity >= 17 ? later() : { meaning: 'REFUSED', retry: 'never' }
}
