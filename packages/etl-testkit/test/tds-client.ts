import { Connection, type ConnectionOptions, Request, TYPES } from 'tedious'
import { onTestFinished } from 'vitest'
import { type TdsServer, type TdsServerOptions, tdsServer } from '../src/tds/index.js'

/** A server that is closed when the test is over. */
export async function server(options?: TdsServerOptions): Promise<TdsServer> {
  const made = await tdsServer(options)
  onTestFinished(() => made.close())
  return made
}

/** A connection of the unmodified client. */
export async function connect(
  { host, port, user }: TdsServer,
  password = 'Sink_Pass_1',
  database = 'test',
  tls: ConnectionOptions = { encrypt: false, trustServerCertificate: true },
): Promise<Connection> {
  const connection = new Connection({
    server: tls.encrypt ? 'localhost' : host,
    options: { port, database, cancelTimeout: 1_000, ...tls },
    authentication: { type: 'default', options: { userName: user, password } },
  })
  connection.on('error', () => {})
  onTestFinished(() => connection.close())
  await new Promise<void>((resolve, reject) => connection.connect(error => (error ? reject(error) : resolve())))
  return connection
}

type Param = readonly [name: string, type: (typeof TYPES)[keyof typeof TYPES], value: unknown]

/** Runs a statement and gives its rows and count. */
export function query(
  connection: Connection,
  sql: string,
  params: readonly Param[] = [],
  hand: (request: Request) => void = () => {},
) {
  return new Promise<{ readonly rows: unknown[][]; readonly count: number | undefined }>((resolve, reject) => {
    const rows: unknown[][] = []
    const request = new Request(sql, (error, count) => (error ? reject(error) : resolve({ rows, count })))
    for (const [name, type, value] of params) request.addParameter(name, type, value)
    request.on('row', (columns: { value: unknown }[]) => rows.push(columns.map(({ value }) => value)))
    if (params.length > 0) connection.execSql(request)
    else connection.execSqlBatch(request)
    hand(request)
  })
}

/** Loads rows of `id INT, name NVARCHAR(40)` into `#stage`. */
export function bulk(connection: Connection, rows: Iterable<unknown[]> | AsyncIterable<unknown[]>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const load = connection.newBulkLoad('#stage', { keepNulls: true }, (error, count) => (error ? reject(error) : resolve(count)))
    load.addColumn('id', TYPES.Int, { nullable: false })
    load.addColumn('name', TYPES.NVarChar, { length: 40, nullable: true })
    connection.execBulkLoad(load, rows as Iterable<unknown[]>)
  })
}

/** Begins, commits, rolls back. */
export const transact = (connection: Connection, what: 'beginTransaction' | 'commitTransaction' | 'rollbackTransaction') =>
  new Promise<void>((resolve, reject) => connection[what]((error?: Error | null) => (error ? reject(error) : resolve())))
