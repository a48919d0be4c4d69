import { expect, test } from 'vitest'
import { takeLocks } from '../src/sink/locks.js'
import { databaseOf, protocolServer } from './support/server.js'

const lockWith = async (granted: number | null) => {
  const server = await protocolServer({ handler: ({ sql }) => (sql.includes('sp_getapplock') ? one(granted) : undefined) })
  return databaseOf(server).transaction(session => takeLocks(session, 'sqlserver://h/test', ['[dbo].[readings]']))
}
const one = (value: unknown) => ({ rowset: { columns: [['granted', 'int'] as const], rows: [[value]] } })

test.each([0, 1])('a lock that is granted with %i is held', async granted => {
  await expect(lockWith(granted)).resolves.toBeUndefined()
})

test.each([
  [-1, 'for 60 s'],
  [-2, 'given up'],
  [-3, 'wait for each other'],
  [-999, 'gives no lock'],
  [null, 'gives no lock'],
])('a lock that ends in %s may be had later, and the error says why', async (granted, why) => {
  await expect(lockWith(granted)).rejects.toMatchObject({
    code: 'ETL_SINK_UNAVAILABLE',
    retry: 'later',
    message: expect.stringContaining(why),
  })
})
