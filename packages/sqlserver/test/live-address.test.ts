import { parsePlace } from '@millrace/etl-core'
import { expect, test } from 'vitest'
import { databaseAt } from '../src/database.js'
import { serverPlace } from '../src/place.js'
import { liveAddress } from './support/live-address.js'
import { protocolServer } from './support/server.js'

test('user and password of the variable log in, and the place is told without them', async () => {
  const server = await protocolServer({ user: 'sa', password: 'p@ss:w/rd%#' })
  const address = `sqlserver://sa:${encodeURIComponent(server.password)}@127.0.0.1:${server.port}/test?encrypt=false`

  const { place, options } = liveAddress(address)
  const said = await databaseAt(serverPlace(parsePlace(place)), options).session(session => session.run('SELECT 1'))

  expect(said).toBe(0)
  expect(place).toBe(`sqlserver://127.0.0.1:${server.port}/test?encrypt=false`)
  expect(server.log[0]).toMatchObject({ kind: 'login', sql: 'sa', answered: true })
})

test('both switches of a place are kept', () => {
  const { place } = liveAddress('sqlserver://sa:secret@db:1433/test?trustServerCertificate=true&encrypt=true')

  expect(serverPlace(parsePlace(place))).toMatchObject({ host: 'db', trustServerCertificate: true, encrypt: true })
})

test('without a user the environment says who logs in', () => {
  expect(liveAddress('sqlserver://db/test').options).not.toHaveProperty('credentials')
})

test('a pipeline may not hold what the variable may', () => {
  expect(() => serverPlace(parsePlace('sqlserver://sa:secret@db/test'))).toThrow(
    expect.objectContaining({ code: 'ETL_PLACE_SECRET', message: expect.not.stringContaining('secret') }),
  )
})

test.each(['secret', 'sqlserver://sa:sec#ret@db/test', 'sqlserver://sa:secret%@db/test', 'postgres://sa:secret@db/test'])(
  'what is no address is refused without being told: %s',
  text => {
    expect(() => liveAddress(text)).toThrow(/^MILLRACE_TEST_SQLSERVER is not like [^c]*sqlserver(?!.*se[c]ret)/)
  },
)
