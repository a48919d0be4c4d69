import { ConfigError, type Place } from '@millrace/etl-core'

/** A database on a server, and what its place says of the connection. */
export interface ServerPlace {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly encrypt?: boolean
  readonly trustServerCertificate?: boolean
}

const defaultPort = 1433
const switches = ['encrypt', 'trustServerCertificate'] as const

/**
 * The server and database of a place `sqlserver://host:port/database`, with `?encrypt=false` or `?trustServerCertificate=true` behind it.
 *
 * @throws ConfigError `ETL_PLACE_INVALID`, `ETL_PLACE_SECRET` for a user: it comes from the environment or a provider function.
 */
export function serverPlace({ rest, shown }: Place): ServerPlace {
  const refuse = (code: string, problem: string) =>
    new ConfigError(code, `The place ${shown} ${problem}. Write sqlserver://host:port/database.`, { context: { place: shown } })
  const found = /^\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?(#.*)?$/.exec(rest)
  if (!found) throw refuse('ETL_PLACE_INVALID', 'names no server: two slashes come before it')
  const [, server = '', path = '', query = '', fragment] = found
  if (server.includes('@'))
    throw refuse(
      'ETL_PLACE_SECRET',
      'holds a user: user and password come from MILLRACE_SQLSERVER_USER and MILLRACE_SQLSERVER_PASSWORD, or a provider function',
    )
  if (fragment !== undefined) throw refuse('ETL_PLACE_INVALID', 'holds a #')
  const [, host = '', port] = /^(\[[0-9a-fA-F:]+\]|[^:[\]\\]+)(?::(\d{1,5}))?$/.exec(server) ?? []
  if (host === '')
    throw refuse('ETL_PLACE_INVALID', 'names no server, or one that is no host with a port (instances have a port, too)')
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw refuse('ETL_PLACE_INVALID', 'has a port that is none')
  const database = decoded(path.replace(/\/$/, ''))
  if (database === undefined || database === '' || database.includes('/') || database.length > 128)
    throw refuse('ETL_PLACE_INVALID', 'names no database')
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? defaultPort : Number(port),
    database,
    ...switchesOf(query, problem => refuse('ETL_PLACE_INVALID', problem)),
  }
}

function switchesOf(query: string, refuse: (problem: string) => ConfigError): Pick<ServerPlace, (typeof switches)[number]> {
  const said: Partial<Record<(typeof switches)[number], boolean>> = {}
  for (const pair of query.split('&').filter(pair => pair !== '')) {
    const [name = '', value] = pair.split('=')
    const known = switches.find(each => each === name)
    if (!known) throw refuse(`says "${name}", which is none of ${switches.join(', ')}`)
    if (value !== 'true' && value !== 'false') throw refuse(`says neither true nor false to "${name}"`)
    said[known] = value === 'true'
  }
  return said
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
