import type { StateStore } from '@millrace/etl-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { byName } from '../src/error-table.js'
import { dynamoError } from '../src/errors.js'
import { dynamoState } from '../src/index.js'
import { type DynamoServer, startDynamo } from './support/server.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterEach(() => {
  server.faultOf = undefined
})
afterAll(() => server.close())

const stateOf = (table = 'etl-state', more = {}) => dynamoState({ ...server.options, table, pipeline: 'orders', ...more })
const failed = (name: string, fields: object = {}) => Object.assign(new Error('said by DynamoDB'), { name, ...fields })
const first = (keys: AsyncIterable<string>) => keys[Symbol.asyncIterator]().next()
const action = { doing: 'save state "head"', table: 'etl-state', place: 'dynamodb:etl-state' }

describe('an answer of DynamoDB', () => {
  test.each([
    ['ProvisionedThroughputExceededException', 400, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['ThrottlingException', 400, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['RequestLimitExceeded', 400, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['InternalServerError', 500, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['ServiceUnavailable', 503, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['TransactionConflictException', 400, 'ETL_STATE_UNAVAILABLE', 'later'],
    ['AccessDeniedException', 400, 'ETL_STATE_DENIED', 'never'],
    ['UnrecognizedClientException', 400, 'ETL_STATE_DENIED', 'never'],
    ['InvalidSignatureException', 400, 'ETL_STATE_DENIED', 'never'],
    ['ExpiredTokenException', 400, 'ETL_STATE_DENIED', 'later'],
    ['ItemCollectionSizeLimitExceededException', 400, 'ETL_STATE_FULL', 'never'],
    ['ValidationException', 400, 'ETL_STATE_REFUSED', 'never'],
    ['SomethingNew', 400, 'ETL_STATE_REFUSED', 'never'],
    ['SomethingNew', 502, 'ETL_STATE_UNAVAILABLE', 'later'],
  ])('%s (%i) is %s, %s', async (type, status, code, retry) => {
    server.faultOf = () => ({ status, type })

    await expect(stateOf().save('head', 1, 'absent')).rejects.toMatchObject({
      code,
      retry,
      message: expect.stringMatching(/^Could not save state "head" in dynamodb:etl-state: .*told to fail.*\./),
      context: { place: 'dynamodb:etl-state', dynamodb: type, status },
    })
  })

  test.each([
    ['load', (state: StateStore) => state.load('head')],
    ['remove', (state: StateStore) => state.remove('head', 'x')],
    ['list', (state: StateStore) => first(state.list(''))],
  ] as [string, (state: StateStore) => Promise<unknown>][])('is translated while it was asked to %s', async (doing, act) => {
    server.faultOf = () => ({ status: 400, type: 'AccessDeniedException' })

    await expect(act(stateOf())).rejects.toMatchObject({
      code: 'ETL_STATE_DENIED',
      message: expect.stringContaining(`Could not ${doing} state`),
    })
  })

  test('that is passing is waited out', async () => {
    let times = 0
    server.faultOf = () => (times++ === 0 ? { status: 400, type: 'ThrottlingException' } : undefined)

    await expect(stateOf('etl-state', { pipeline: 'waited' }).save('head', 1, 'absent')).resolves.toBeDefined()
    expect(times).toBe(2)
  })

  test('loses what services send back of a request', () => {
    const error = dynamoError(failed('ExpiredTokenException', { token: 'geheim', $metadata: { httpStatusCode: 400 } }), action)

    expect(JSON.stringify(error)).not.toContain('geheim')
    expect(Object.keys((error as Error).cause as object)).not.toContain('token')
  })
})

describe('a table', () => {
  const says =
    /State needs a table "[\w-]+" .* partition key pk and the sort key sk, both strings.*aws dynamodb create-table --table-name/s

  test('that is not there is a matter of set-up, with the command that makes it', async () => {
    await expect(stateOf('nowhere').load('head')).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ETL_STATE_TABLE',
      retry: 'never',
      message: expect.stringMatching(says),
    })
  })

  test('that is made by that command is one', async () => {
    const refused = (await stateOf('made-by-it')
      .load('head')
      .catch(error => error)) as Error
    const attributes = [...refused.message.matchAll(/AttributeName=(\w+),AttributeType=(\w)/g)].map(([, name, type]) => [
      name,
      type,
    ])
    await server.createTable('made-by-it', Object.fromEntries(attributes))

    await expect(stateOf('made-by-it').save('head', 1, 'absent')).resolves.toBeDefined()
  })

  test.each([
    ['other-names', { id: 'S', range: 'S' }],
    ['no-sort-key', { pk: 'S' }],
    ['other-types', { pk: 'S', sk: 'N' }],
  ] as [string, Record<string, 'S' | 'N'>][])('with keys like %s is refused the same way', async (name, keys) => {
    await server.createTable(name, keys)
    const state = stateOf(name)
    const refused = { code: 'ETL_STATE_TABLE', message: expect.stringMatching(says) }

    await expect(state.load('head')).rejects.toMatchObject(refused)
    // Without a sort key, what else an item has is its own affair. No run saves before it has looked.
    if (Object.keys(keys).length === 2) await expect(state.save('head', 1, 'absent')).rejects.toMatchObject(refused)
    await expect(state.remove('head', 'x')).rejects.toMatchObject(refused)
    await expect(first(state.list('a'))).rejects.toMatchObject(refused)
  })
})

describe('an error before DynamoDB is reached', () => {
  test('of a connection that is refused may pass', async () => {
    const state = stateOf('etl-state', { endpoint: 'http://127.0.0.1:9', maxAttempts: 1 })

    await expect(state.load('head')).rejects.toMatchObject({
      code: 'ETL_STATE_UNAVAILABLE',
      retry: 'later',
      message: expect.stringContaining('The connection was refused'),
    })
  })

  test('of a connection that is cut off may pass', async () => {
    server.faultOf = () => 'cut'

    await expect(stateOf().load('head')).rejects.toMatchObject({ code: 'ETL_STATE_UNAVAILABLE', retry: 'later' })
  })

  test.each([
    ['CredentialsProviderError', 'ETL_CONFIG_CREDENTIALS'],
    ['TokenProviderError', 'ETL_CONFIG_CREDENTIALS'],
    ['EndpointError', 'ETL_CONFIG_INVALID'],
  ])('%s is a matter of set-up', (name, code) => {
    expect(dynamoError(failed(name), action)).toMatchObject({ name: 'ConfigError', code, retry: 'never' })
  })

  test('of a region that is missing is one, too', () => {
    expect(dynamoError(new Error('Region is missing'), action)).toMatchObject({ code: 'ETL_CONFIG_REGION' })
  })

  test('of a certificate does not pass by itself', () => {
    expect(dynamoError(failed('Error', { code: 'CERT_HAS_EXPIRED' }), action)).toMatchObject({
      code: 'ETL_STATE_UNAVAILABLE',
      retry: 'never',
    })
  })

  test('that no request made stays as it is', () => {
    const error = new TypeError('x is not a function')

    expect(dynamoError(error, action)).toBe(error)
  })
})

test('every row of the table has a sentence for whoever reads it, or is about the table', () => {
  expect(Object.entries(byName).filter(([, { meaning, advice }]) => advice === '' && meaning !== 'TABLE')).toEqual([])
})
