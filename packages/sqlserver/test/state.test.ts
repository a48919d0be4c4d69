import { expect, test } from 'vitest'
import { sqlServerState } from '../src/state.js'
import { databaseOf, protocolServer } from './support/server.js'
import { stateTable } from './support/state-table.js'

async function serverWithState() {
  const server = await protocolServer({ handler: stateTable() })
  return { server, state: sqlServerState(databaseOf(server), 'sqlserver://h/test', 'plants') }
}

test('a document whose key is taken is a conflict', async () => {
  const { state } = await serverWithState()
  await state.save('head', 1, 'absent')

  await expect(state.save('head', 2, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT', retry: 'never' })
})

test('what was saved though its answer was lost counts as saved', async () => {
  const { server, state } = await serverWithState()
  server.failWhen({ sql: /^INSERT/ }, 'dropAfter')

  const version = await state.save('head', { a: 1 }, 'absent')

  expect(await state.load('head')).toEqual({ value: { a: 1 }, version })
})

test('what was not saved when the connection broke is unavailable, later', async () => {
  const { server, state } = await serverWithState()
  server.failWhen({ sql: /^INSERT/ }, 'dropBefore')

  await expect(state.save('head', 1, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_UNAVAILABLE', retry: 'later' })
  expect(await state.load('head')).toBeUndefined()
})

test('what was removed though its answer was lost counts as removed', async () => {
  const { server, state } = await serverWithState()
  const version = await state.save('head', 1, 'absent')
  server.failWhen({ sql: /^DELETE/ }, 'dropAfter')

  await state.remove('head', version)

  expect(await state.load('head')).toBeUndefined()
})

test('what was not removed when the connection broke is unavailable, later', async () => {
  const { server, state } = await serverWithState()
  const version = await state.save('head', 1, 'absent')
  server.failWhen({ sql: /^DELETE/ }, 'dropBefore')

  await expect(state.remove('head', version)).rejects.toMatchObject({ code: 'ETL_STATE_UNAVAILABLE', retry: 'later' })
  expect(await state.load('head')).toMatchObject({ value: 1 })
})

test.each([
  [208, 'Invalid object name.'],
  [33_557_097, 'relation "master_dbo._millrace_state" does not exist'],
])('looking for state where there is no table finds none, and makes none: %i', async (number, message) => {
  const server = await protocolServer({
    handler: ({ sql }) => (sql.includes('[_millrace_state]') ? { error: { number, message } } : undefined),
  })
  const state = sqlServerState(databaseOf(server), 'sqlserver://h/test', 'plants')

  expect(await state.load('head')).toBeUndefined()
  for await (const _ of state.list('')) expect.unreachable()
  await expect(state.remove('head', 'x')).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
  expect(server.log.some(({ sql }) => sql.includes('CREATE'))).toBe(false)
})

test.each(['', 'a b', 'a//b', '../a', '/a', 'ü', 'x'.repeat(161)])('%j is refused as a key', async key => {
  const { state, server } = await serverWithState()

  await expect(state.load(key)).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
  await expect(state.save(key, 1, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
  expect(server.log).toEqual([])
})
