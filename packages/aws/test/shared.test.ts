import { describe, expect, test, vi } from 'vitest'
import {
  byNetworkCode,
  checkEndpoint,
  clockHint,
  endpointIn,
  isCustom,
  nameOf,
  quietly,
  saidBy,
  slimCause,
} from '../src/index.js'

const failed = (name: string, fields: object = {}, message = 'said by the service') =>
  Object.assign(new Error(message), { name, ...fields })

test('a client is made without its warning about Node 22, and other warnings pass', () => {
  const seen: string[] = []
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(warning => void seen.push(String(warning)))
  quietly(() => {
    process.emitWarning('NodeVersionSupportWarning: the SDK will want Node 22')
    process.emitWarning('something else')
  })
  process.emitWarning('NodeVersionSupportWarning: after it')
  emit.mockRestore()

  expect(seen).toEqual(['something else', 'NodeVersionSupportWarning: after it'])
})

describe('an endpoint', () => {
  test('is that of the service before that of all services, and none where the environment says so', () => {
    const env = { AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_DYNAMODB: 'http://one' }

    expect(endpointIn(env, 'DYNAMODB')).toEqual({ name: 'AWS_ENDPOINT_URL_DYNAMODB', endpoint: 'http://one' })
    expect(endpointIn(env, 'S3')).toEqual({ name: 'AWS_ENDPOINT_URL', endpoint: 'http://all' })
    expect(endpointIn({ ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' }, 'S3')).toBeUndefined()
  })

  test.each([
    ['127.0.0.1:9000', /must be an address/],
    ['ftp://host', /must begin with http/],
    ['http://user:geheim@host', /holds a user or password/],
    ['http://host?x=1', /holds a query/],
  ])('%s is refused, without its text', (endpoint, says) => {
    const check = () => checkEndpoint('DynamoDB', 'AWS_ENDPOINT_URL', endpoint)

    expect(check).toThrow(says)
    expect(check).not.toThrow('geheim')
  })

  test('is of AWS by its host', () => {
    expect(isCustom('https://dynamodb.eu-west-2.amazonaws.com')).toBe(false)
    expect(isCustom('http://127.0.0.1:8000')).toBe(true)
    expect(isCustom(undefined)).toBe(false)
  })
})

describe('an error of the SDK', () => {
  test('is told by name, status, attempts and words', () => {
    const error = failed('ThrottlingException', { $metadata: { httpStatusCode: 400, attempts: 3 } }, 'Rate  exceeded\n')

    expect(saidBy(error)).toBe('ThrottlingException (HTTP 400) after 3 attempts: Rate exceeded')
  })

  test('has the name of what went wrong on the network, however deep it lies', () => {
    const error = failed('TimeoutError', { cause: failed('Error', { code: 'ECONNREFUSED' }) })

    expect(nameOf(error)).toBe('ECONNREFUSED')
  })

  test('becomes a cause without what the service sent back', () => {
    const cause = slimCause(failed('ExpiredToken', { 'Token-0': 'geheim' }))

    expect(cause).toMatchObject({ name: 'ExpiredToken', message: 'said by the service' })
    expect(JSON.stringify({ ...cause })).not.toContain('geheim')
  })

  test('says how wrong the clock is', () => {
    const error = failed('RequestTimeTooSkewed', { ServerTime: new Date(Date.now() + 20 * 60_000).toISOString() })

    expect(clockHint(error, 'S3')).toBe("This computer's clock is 20 minutes behind S3's.")
  })
})

test('every error of the network says what to do or what happened, and those of certificates do not pass by themselves', () => {
  expect(Object.entries(byNetworkCode).filter(([, { advice }]) => advice === '')).toEqual([])
  expect(byNetworkCode.CERT_HAS_EXPIRED?.retry).toBe('never')
  expect(byNetworkCode.ECONNRESET?.retry).toBe('later')
})
