import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TdsHandler, TdsServer, TdsServerOptions } from './api.js'
import { type Entry, type Shared, serveConnection } from './connection.js'
import { createFaults } from './faults.js'
import { framing } from './framing.js'
import type { TdsError } from './tokens.js'

/** What a server says that is still recovering its databases. */
const starting: TdsError = {
  number: 18401,
  class: 14,
  message: 'Login failed. Reason: Server is in script upgrade mode. Only administrator can connect at this time.',
}

/**
 * A server on loopback that speaks TDS 7.4, SQL Server's protocol, and knows no SQL: what statements answer is the test's to say. Log-ins,
 * statements with their parameters, bulk loads with their typed rows, transactions, resets and attentions are decoded and kept in `log`.
 *
 * What is modelled and what is not: README.md beside this file.
 *
 * @throws Error where tedious, an optional peer, is not installed.
 * @example
 * const server = await tdsServer({ handler: ({ sql }) => (sql.startsWith('SELECT') ? { rowset: { columns: ['name'], rows: [['Rose']] } } : undefined) })
 * server.failWhen({ kind: 'commit' }, 'dropAfter')
 * // …
 * expect(server.log.map(({ kind }) => kind)).toEqual(['login', 'begin', 'rpc', 'commit'])
 * await server.close()
 */
export async function tdsServer(options: TdsServerOptions = {}): Promise<TdsServer> {
  framing()
  const { user = 'sink', password = 'Sink_Pass_1', databases = ['test'], certificate } = options
  const faults = createFaults()
  const log: Entry[] = []
  const sockets = new Set<Socket>()
  let handler: TdsHandler = options.handler ?? (() => undefined)
  let refusal: TdsError | undefined
  let gate = Promise.resolve()
  let connections = 0
  const shared: Shared = {
    user,
    password,
    databases,
    faults,
    log,
    certificate,
    get handler() {
      return handler
    },
    get refusal() {
      return refusal
    },
    gate: () => gate,
  }

  const server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveConnection(socket, ++connections, shared)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  let goOn: () => void = () => {}

  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    place: `sqlserver://127.0.0.1:${port}/${databases[0]}`,
    log,
    get open() {
      return sockets.size
    },
    handle(next) {
      handler = next
    },
    failNext: (fault, times = 1) => faults.add({ times, kind: ['batch', 'rpc', 'bulk', 'begin', 'commit', 'rollback'] }, fault),
    failWhen: faults.add,
    clearFaults: faults.clear,
    refuseLogins(error = starting) {
      refusal = error
      return () => {
        refusal = undefined
      }
    },
    stall() {
      gate = new Promise(resolve => {
        goOn = resolve
      })
      return goOn
    },
    dropAll() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      goOn()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
