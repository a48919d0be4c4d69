import { TYPES } from 'tedious'
import { expect, test } from 'vitest'
import { selfSigned } from '../src/tds/index.js'
import { bulk, connect, query, server, transact } from './tds-client.js'

test('a wrong password is refused as SQL Server refuses it', async () => {
  const tds = await server()

  await expect(connect(tds, 'wrong')).rejects.toMatchObject({ code: 'ELOGIN', message: expect.stringContaining('Login failed') })

  expect(tds.log).toMatchObject([{ kind: 'login', sql: 'sink', error: 18456 }])
})

test('a database that is not there is refused', async () => {
  await expect(connect(await server(), undefined, 'other')).rejects.toThrow('Cannot open database "other"')
})

test('a statement without parameters is a batch, with parameters a call whose values are decoded', async () => {
  const tds = await server()
  const connection = await connect(tds)
  const long = 'ñ'.repeat(5_000)

  await query(connection, 'DELETE FROM t')
  await query(connection, 'UPDATE t SET a = @a', [
    ['a', TYPES.NVarChar, 'a 🚂'],
    ['b', TYPES.BigInt, '9007199254740993'],
    ['c', TYPES.Int, null],
    ['long', TYPES.NVarChar, long],
    ['bytes', TYPES.VarBinary, Buffer.from([0, 255])],
  ])

  expect(tds.log.slice(2)).toMatchObject([
    { kind: 'batch', sql: 'DELETE FROM t', answered: true },
    {
      kind: 'rpc',
      sql: 'UPDATE t SET a = @a',
      params: { a: 'a 🚂', b: '9007199254740993', c: null, long, bytes: Buffer.from([0, 255]) },
    },
  ])
})

test('rows come back with their types, nulls among them', async () => {
  const tds = await server({
    handler: () => ({
      rowset: {
        columns: [['i', 'int'], ['b', 'bigint'], ['f', 'float'], ['y', 'bit'], 't', ['x', 'varbinary']],
        rows: [
          [1, 2n ** 62n, 1e-300, true, 'ñ 🚂', Buffer.from([1, 0])],
          [null, null, null, null, null, null],
          [-1, -1n, -0.5, false, '', Buffer.alloc(0)],
        ],
      },
    }),
  })

  const { rows } = await query(await connect(tds), 'SELECT')

  expect(rows).toEqual([
    [1, String(2n ** 62n), 1e-300, true, 'ñ 🚂', Buffer.from([1, 0])],
    [null, null, null, null, null, null],
    [-1, '-1', -0.5, false, '', Buffer.alloc(0)],
  ])
})

test('many rows arrive over many packets', async () => {
  const rows = Array.from({ length: 20_000 }, (_, id) => [id, `name ${id}`])
  const tds = await server({ handler: () => ({ rowset: { columns: [['id', 'int'], 'name'], rows } }) })

  expect((await query(await connect(tds), 'SELECT')).rows).toEqual(rows)
})

test('a bulk load is decoded, with the types of its columns', async () => {
  const tds = await server()
  const rows = Array.from({ length: 5_000 }, (_, id) => [id, id % 3 === 0 ? null : `name ${id}`])

  expect(await bulk(await connect(tds), rows)).toBe(5_000)

  expect(tds.log.at(-1)).toMatchObject({ kind: 'bulk', sql: expect.stringMatching(/^insert bulk #stage/) })
  expect(tds.log.at(-1)?.bulk).toEqual({
    table: '#stage',
    columns: [
      { name: 'id', type: 'IntN' },
      { name: 'name', type: 'NVarChar' },
    ],
    rows,
    ignored: false,
  })
})

test('begin, commit and rollback are told apart, and statements know whether they are inside', async () => {
  const tds = await server()
  const connection = await connect(tds)

  for (const end of ['commitTransaction', 'rollbackTransaction'] as const) {
    await transact(connection, 'beginTransaction')
    await query(connection, 'DELETE FROM t')
    await transact(connection, end)
  }
  await query(connection, 'DELETE FROM t')

  expect(tds.log.slice(2).map(({ kind, inTransaction }) => `${kind} ${inTransaction}`)).toEqual([
    'begin false',
    'batch true',
    'commit true',
    'begin false',
    'batch true',
    'rollback true',
    'batch false',
  ])
})

test('a deadlock ends the transaction, and the connection goes on', async () => {
  const tds = await server()
  const connection = await connect(tds)
  tds.failWhen({ sql: /UPDATE/ }, 'deadlock')
  await transact(connection, 'beginTransaction')

  await expect(query(connection, 'UPDATE t')).rejects.toMatchObject({ number: 1205, class: 13 })

  await query(connection, 'SELECT 1')
  expect(tds.log.at(-1)).toMatchObject({ sql: 'SELECT 1', inTransaction: false })
})

test.each(['dropBefore', 'dropAfter'] as const)('a commit with %s ends in a lost connection', async fault => {
  const told: string[] = []
  const tds = await server({
    handler: ({ kind }) => {
      told.push(kind)
      return undefined
    },
  })
  const connection = await connect(tds)
  tds.failWhen({ kind: 'commit' }, fault)
  await transact(connection, 'beginTransaction')

  await expect(transact(connection, 'commitTransaction')).rejects.toThrow(/socket hang up|ECONNRESET|Connection lost/)

  expect(told).toEqual(fault === 'dropBefore' ? ['begin'] : ['begin', 'commit'])
})

test('a connection can be cut in the middle of a bulk load', async () => {
  const told: string[] = []
  const tds = await server({
    handler: ({ kind }) => {
      told.push(kind)
      return undefined
    },
  })
  tds.failWhen({ kind: 'bulk', sql: /#stage/ }, { dropAfterRows: 10 })
  const rows = Array.from({ length: 50_000 }, (_, id) => [id, 'name'])

  await expect(bulk(await connect(tds), rows)).rejects.toThrow()

  expect(told).toEqual([])
  expect(tds.log.at(-1)?.bulk?.rows.length).toBe(10)
})

test('a client that cancels is heard, and the connection goes on', async () => {
  const tds = await server()
  const connection = await connect(tds)
  tds.failWhen({ sql: /SLOW/ }, 'hang')

  const hanging = query(connection, 'SLOW', [], () => setTimeout(() => connection.cancel(), 20))

  await expect(hanging).rejects.toMatchObject({ code: 'ECANCEL' })
  expect(tds.log.map(({ kind }) => kind)).toContain('attention')
  expect((await query(connection, 'SELECT 1')).rows).toEqual([])
})

test('log-ins are refused for a while', async () => {
  const tds = await server()
  const accept = tds.refuseLogins()

  await expect(connect(tds)).rejects.toThrow('script upgrade mode')
  accept()

  expect((await query(await connect(tds), 'SELECT 1')).rows).toEqual([])
})

test('a stalled server answers when it goes on, and makes a bulk load wait', async () => {
  const tds = await server()
  const connection = await connect(tds)
  let given = 0
  async function* rows() {
    for (; given < 100_000; given++) yield [given, 'x'.repeat(40)]
  }

  const goOn = tds.stall()
  const loading = bulk(connection, rows())
  await new Promise(resolve => setTimeout(resolve, 200))
  const whileStalled = given
  goOn()

  expect(await loading).toBe(100_000)
  expect(whileStalled).toBeLessThan(100_000)
})

test('a reset session forgets, and says so', async () => {
  const tds = await server({
    handler: ({ session: { memory }, sql }) => {
      if (sql === 'REMEMBER') memory.set('x', 1)
      return { rowset: { columns: [['n', 'int']], rows: [[memory.size]] } }
    },
  })
  const connection = await connect(tds)

  await query(connection, 'REMEMBER')
  await new Promise<void>((resolve, reject) => connection.reset(error => (error ? reject(error) : resolve())))

  expect((await query(connection, 'SELECT')).rows).toEqual([[0]])
})

test('a severe error ends the connection with it', async () => {
  const tds = await server()
  const connection = await connect(tds)
  tds.failWhen({ sql: /SELECT/ }, { error: { number: 596, class: 21, message: 'Cannot continue the execution.' } })

  await expect(query(connection, 'SELECT 1')).rejects.toThrow()

  await expect.poll(() => tds.open).toBe(0)
})

test('with a certificate all is encrypted, from the log-in on', async () => {
  const certificate = selfSigned()
  const rows = Array.from({ length: 2_000 }, (_, id) => [id, `name ${id}`])
  const tds = await server({ certificate, handler: () => ({ rowset: { columns: [['id', 'int'], 'name'], rows } }) })

  const connection = await connect(tds, undefined, undefined, {
    encrypt: true,
    cryptoCredentialsDetails: { ca: certificate.cert },
  })

  expect(await bulk(connection, rows)).toBe(2_000)
  expect((await query(connection, 'SELECT')).rows).toEqual(rows)
  expect(tds.log[0]).toMatchObject({ kind: 'login', answered: true })
})

test.each([
  ['that nobody vouches for', selfSigned(), {}],
  ['for another host', selfSigned(['db.example.com']), { trusts: true }],
])(
  'a client that looks refuses a certificate %s before it logs in',
  async (_, certificate, { trusts = false }: { trusts?: boolean }) => {
    const tds = await server({ certificate })
    const trusted = trusts ? { cryptoCredentialsDetails: { ca: certificate.cert } } : {}

    await expect(connect(tds, undefined, undefined, { encrypt: true, ...trusted })).rejects.toMatchObject({ code: 'ESOCKET' })

    expect(tds.log).toEqual([])
  },
)

test('who asks for no TLS gets none, certificate or not', async () => {
  const tds = await server({ certificate: selfSigned() })

  expect((await query(await connect(tds), 'SELECT 1')).rows).toEqual([])
})
