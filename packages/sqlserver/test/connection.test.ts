import { parsePlace } from '@millrace/etl-core'
import { selfSigned } from '@millrace/etl-testkit/tds'
import { expect, test, vi } from 'vitest'
import { countingRequests } from '../../etl-core/src/requests.js'
import { databaseAt } from '../src/database.js'
import { translated } from '../src/errors.js'
import { serverPlace } from '../src/place.js'
import type { Session } from '../src/session.js'
import { databaseOf, optionsFor, protocolServer, statements } from './support/server.js'

const action = { side: 'sink', place: 'sqlserver://h/test', doing: 'write table t' } as const

test('a server that offers no TLS is refused, and the password is not sent', async () => {
  const server = await protocolServer()
  const database = databaseOf(server, { encrypt: true })

  const asking = translated(action, () => database.session(session => session.run('SELECT 1')))

  await expect(asking).rejects.toMatchObject({ code: 'ETL_SINK_DENIED', message: expect.stringContaining('offers no TLS') })
  expect(server.log).toEqual([])
})

test('TLS is the default, and a place may do without', async () => {
  const server = await protocolServer()
  const { encrypt: _, ...rest } = optionsFor(server)
  const at = (place: string) => databaseAt(serverPlace(parsePlace(place)), rest).session(session => session.run('SELECT 1'))

  await expect(at(server.place)).rejects.toThrow('no TLS')
  await expect(at(`${server.place}?encrypt=false`)).resolves.toBe(0)
})

test('a certificate that nobody vouches for is refused before the password is sent, and the error says what helps', async () => {
  const server = await protocolServer({ certificate: selfSigned() })
  const { encrypt: _, ...byDefault } = optionsFor(server)
  const place = server.place.replace('127.0.0.1', 'localhost')
  const at = (place: string) => databaseAt(serverPlace(parsePlace(place)), byDefault).session(session => session.run('SELECT 1'))

  await expect(translated(action, () => at(place))).rejects.toMatchObject({
    code: 'ETL_SINK_DENIED',
    retry: 'never',
    message: expect.stringContaining('trustServerCertificate'),
  })

  expect(server.log).toEqual([])
  await expect(at(`${place}?trustServerCertificate=true`)).resolves.toBe(0)
})

test('over TLS, sessions are reset and rows staged as without', async () => {
  const server = await protocolServer({ certificate: selfSigned() })
  const options = { encrypt: true, trustServerCertificate: true, maxConnections: 1 }
  const database = databaseAt(
    serverPlace(parsePlace(server.place.replace('127.0.0.1', 'localhost'))),
    optionsFor(server, options),
  )
  const rows = Array.from({ length: 3_000 }, (_, id) => [id, 'x'.repeat(40)])
  const load = (session: Session) =>
    session.bulk(
      '#stage',
      [
        { name: 'id', type: 'Int' },
        { name: 'name', type: 'NVarChar', length: 40 },
      ],
      rows,
    )

  await database.session(load)
  await database.session(load)

  expect(server.log.filter(({ kind }) => kind === 'bulk').map(({ bulk }) => bulk?.rows.length)).toEqual([3_000, 3_000])
})

test('a wrong password is denied, and not tried again', async () => {
  const server = await protocolServer()
  const database = databaseOf(server, { credentials: () => ({ user: 'sink', password: 'wrong' }) })

  await expect(translated(action, () => database.session(async () => 1))).rejects.toMatchObject({
    code: 'ETL_SINK_DENIED',
    retry: 'never',
    context: { number: 18456 },
  })
})

test('nobody named is a matter of configuration', async () => {
  const server = await protocolServer()
  const database = databaseOf(server, { credentials: () => ({ user: '', password: '' }) })

  await expect(database.session(async () => 1)).rejects.toMatchObject({ code: 'ETL_CONFIG_CREDENTIALS' })
})

test.each([
  [18401, 'ETL_SINK_UNAVAILABLE'],
  [40613, 'ETL_SINK_UNAVAILABLE'],
  [40501, 'ETL_SINK_RATE_LIMITED'],
])('a log-in that is refused with %i for a while may succeed later', async (number, code) => {
  const server = await protocolServer()
  const database = databaseOf(server)
  const accept = server.refuseLogins({ number, class: 14, message: `not now (${number})` })

  await expect(translated(action, () => database.session(async () => 1))).rejects.toMatchObject({ code, retry: 'later' })
  accept()

  await expect(database.session(session => session.run('SELECT 1'))).resolves.toBe(0)
})

test('nobody listening is unavailable, later', async () => {
  const server = await protocolServer()
  const database = databaseOf(server)
  await server.close()

  await expect(translated(action, () => database.session(async () => 1))).rejects.toMatchObject({
    code: 'ETL_SINK_UNAVAILABLE',
    retry: 'later',
  })
})

test('connections that died in the pool are replaced', async () => {
  const server = await protocolServer()
  const database = databaseOf(server)
  await database.session(session => session.run('SELECT 1'))

  server.dropAll()

  await expect(database.session(session => session.run('SELECT 2'))).resolves.toBe(0)
})

test('who uses a connection next does not meet what the last one left', async () => {
  const server = await protocolServer({
    handler: ({ sql, session: { memory } }) => {
      if (sql.startsWith('CREATE TABLE #')) memory.set('#stage', true)
      return { rowset: { columns: [['n', 'int']], rows: [[memory.size]] } }
    },
  })
  const database = databaseOf(server, { maxConnections: 1 })

  await database.session(session => session.run('CREATE TABLE #stage (a INT)'))

  expect(await database.session(session => session.rows('SELECT'))).toEqual([[0]])
})

test('no more connections are open than allowed, and all are closed when nobody needs them', async () => {
  const server = await protocolServer({ handler: async () => void (await new Promise(resolve => setTimeout(resolve, 20))) })
  const database = databaseOf(server, { maxConnections: 2 })

  let most = 0
  await Promise.all(
    Array.from({ length: 8 }, () =>
      database.session(async session => {
        most = Math.max(most, server.open)
        await session.run('SELECT 1')
      }),
    ),
  )

  expect(most).toBeLessThanOrEqual(2)
  await expect.poll(() => server.open, { timeout: 5_000 }).toBe(0)
})

test('connections that opened in the place of some that did not are closed when nobody needs them', async () => {
  const server = await protocolServer()
  const { user, password } = server
  const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  let asked = 0
  const credentials = async () => {
    if (++asked > 1) return { user, password }
    await wait(1_200)
    throw new Error('the vault is away')
  }
  const database = databaseOf(server, { credentials })
  const stop = new AbortController()
  const first = database.borrow(stop.signal)
  stop.abort(new Error('given up'))
  await expect(first).rejects.toThrow('given up')
  // By now nobody waits for those any more, and they have not failed yet.
  await wait(1_050)
  const second = await database.borrow()
  await wait(250)

  second.release()

  await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 2_000 })
})

test('a transaction is committed, or rolled back when its work fails', async () => {
  const server = await protocolServer()
  const database = databaseOf(server)

  await database.transaction(session => session.run('UPDATE a'))
  const failing = database.transaction(async session => {
    await session.run('UPDATE b')
    throw new Error('the work failed')
  })

  await expect(failing).rejects.toThrow('the work failed')
  expect(statements(server)).toEqual(['begin', 'UPDATE a', 'commit', 'begin', 'UPDATE b', 'rollback'])
})

test.each([
  ['a batch', undefined],
  ['a statement with parameters', { id: 1 }],
])('rows that triggers change do not count as rows of the statement: %s', async (_, params) => {
  const server = await protocolServer({ handler: () => ({ triggered: [7, 1], rowCount: 3 }) })

  expect(await databaseOf(server).session(session => session.run('INSERT', params))).toBe(3)
})

test('rows are counted, whatever the server is set up to', async () => {
  const server = await protocolServer()

  await databaseOf(server).session(async () => 1)

  expect(server.log.at(-1)?.sql).toBe('SET LOCK_TIMEOUT 60000; SET NOCOUNT OFF')
})

test('a deadlock is not rolled back twice, and may succeed later', async () => {
  const server = await protocolServer()
  const database = databaseOf(server)
  server.failWhen({ sql: /UPDATE/ }, 'deadlock')

  const failing = translated(action, () => database.transaction(session => session.run('UPDATE a')))

  await expect(failing).rejects.toMatchObject({ code: 'ETL_SINK_UNAVAILABLE', retry: 'later', context: { number: 1205 } })
  expect(statements(server)).toEqual(['begin', 'UPDATE a'])
})

test('the signal cancels a statement that runs', async () => {
  const server = await protocolServer()
  const database = databaseOf(server)
  server.failWhen({ sql: /SLOW/ }, 'hang')
  const stop = new AbortController()

  const running = database.session(session => session.run('SLOW'), stop.signal)
  running.catch(() => undefined)
  await expect.poll(() => server.log.some(({ sql }) => sql === 'SLOW')).toBe(true)
  stop.abort(new Error('stopped'))

  await expect(running).rejects.toThrow('stopped')
  expect(server.log.map(({ kind }) => kind)).toContain('attention')
})

test('a statement that takes too long is unavailable, later', async () => {
  const server = await protocolServer()
  const database = databaseOf(server, { requestTimeoutMs: 100 })
  server.failWhen({ sql: /SLOW/ }, 'hang')

  await expect(translated(action, () => database.session(session => session.run('SLOW')))).rejects.toMatchObject({
    code: 'ETL_SINK_UNAVAILABLE',
    retry: 'later',
  })
})

test('requests are counted by kind, settings of a session among them', async () => {
  const server = await protocolServer()

  const requests = await countingRequests(async soFar => {
    await databaseOf(server).transaction(session => session.run('INSERT t VALUES (1)'))
    return soFar()
  })

  expect(requests).toEqual({ sqlserver: { statement: 2, transaction: 2 } })
  expect(server.log.filter(({ kind }) => kind !== 'login' && kind !== 'settings')).toHaveLength(4)
})
