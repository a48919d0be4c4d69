import { describe, expect, test } from 'vitest'
import { byName, byNetworkCode } from '../src/error-table.js'
import { s3Error } from '../src/errors.js'

const sdkError = (name: string, status?: number, fields: object = {}) =>
  Object.assign(new Error('said by S3'), {
    name,
    ...(status ? { $metadata: { httpStatusCode: status, requestId: 'R1' } } : {}),
    ...fields,
  })
const read = { side: 'read', place: 's3://lake/in', key: 'a.csv' } as const
const write = { ...read, side: 'write' } as const
const told = (error: unknown, action: typeof read | typeof write = write) => {
  const { name, code, retry } = s3Error(error, action) as { name: string; code: string; retry: string }
  return [name, code, retry]
}

describe('an error of S3', () => {
  test.each([
    ['NoSuchKey', 404, 'ETL_OBJECT_NOT_FOUND', 'never'],
    ['PreconditionFailed', 412, 'ETL_OBJECT_CONFLICT', 'never'],
    ['NoSuchBucket', 404, 'ETL_SINK_NOT_FOUND', 'never'],
    ['AccessDenied', 403, 'ETL_SINK_DENIED', 'never'],
    ['KMS.DisabledException', 400, 'ETL_SINK_DENIED', 'never'],
    ['SlowDown', 503, 'ETL_SINK_RATE_LIMITED', 'later'],
    ['RequestTimeout', 400, 'ETL_SINK_UNAVAILABLE', 'later'],
    ['OperationAborted', 409, 'ETL_SINK_UNAVAILABLE', 'later'],
    ['QuotaExceeded', 403, 'ETL_SINK_FULL', 'later'],
    ['EntityTooLarge', 400, 'ETL_SINK_TOO_LARGE', 'never'],
    ['KeyTooLongError', 400, 'ETL_SINK_REFUSED', 'never'],
    ['SomethingNew', 403, 'ETL_SINK_DENIED', 'never'],
    ['SomethingNew', 400, 'ETL_SINK_REFUSED', 'never'],
    ['SomethingNew', 502, 'ETL_SINK_UNAVAILABLE', 'later'],
    ['SomethingNew', 429, 'ETL_SINK_RATE_LIMITED', 'later'],
    // An answer the SDK could not read: a proxy's page.
    ['SyntaxError', 200, 'ETL_SINK_UNAVAILABLE', 'later'],
  ])('%s (%i) is %s, %s', (name, status, code, retry) => {
    expect(told(sdkError(name, status))).toEqual(['SinkError', code, retry])
  })

  test('is a SourceError while reading', () => {
    expect(told(sdkError('AccessDenied', 403), read)).toEqual(['SourceError', 'ETL_SOURCE_DENIED', 'never'])
  })

  test.each([
    [{ $response: { headers: { 'x-amz-bucket-region': 'eu-west-2' } } }],
    [{ Region: 'eu-west-2' }],
    [{ Endpoint: 'lake.s3.eu-west-2.amazonaws.com' }],
    [{ Endpoint: 'lake.s3-eu-west-2.amazonaws.com' }],
    [{ message: "the region 'us-east-1' is wrong; expecting 'eu-west-2'" }],
  ])('of another region names it, wherever it is said: %j', fields => {
    const error = s3Error(sdkError('PermanentRedirect', 301, fields), read) as Error

    expect(error.message).toContain('to eu-west-2.')
  })

  test('keeps what is needed to ask the vendor, and how long to wait', () => {
    const slow = sdkError('SlowDown', 503, { $response: { headers: { 'retry-after': '7' } } })

    expect(s3Error(slow, write)).toMatchObject({
      retryAfterMs: 7_000,
      context: { place: 's3://lake/in', key: 'a.csv', s3: 'SlowDown', status: 503, requestId: 'R1' },
      cause: { name: 'SlowDown', message: 'said by S3' },
    })
  })

  test('loses the fields S3 sends back secrets in', () => {
    const error = s3Error(sdkError('ExpiredToken', 400, { 'Token-0': 'secret', CanonicalRequest: 'secret' }), write) as Error

    expect(Object.keys(error.cause as object)).toEqual(expect.not.arrayContaining(['Token-0', 'CanonicalRequest']))
    expect(JSON.stringify(error)).not.toContain('secret')
  })
})

describe('an error of the network', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])('%s may pass', code => {
    expect(told(sdkError('Error', undefined, { code }))).toEqual(['SinkError', 'ETL_SINK_UNAVAILABLE', 'later'])
  })

  test('of a certificate does not pass by itself', () => {
    expect(told(sdkError('Error', undefined, { code: 'CERT_HAS_EXPIRED' }))).toEqual([
      'SinkError',
      'ETL_SINK_UNAVAILABLE',
      'never',
    ])
  })

  test('is found behind other errors', () => {
    expect(told(new Error('outer', { cause: sdkError('Error', undefined, { code: 'ENOTFOUND' }) }))[1]).toBe(
      'ETL_SINK_UNAVAILABLE',
    )
  })
})

test('a region that is missing is a matter of set-up', () => {
  expect(told(new Error('Region is missing'))).toEqual(['ConfigError', 'ETL_CONFIG_REGION', 'never'])
})

test('an error that no request made stays as it is', () => {
  const error = new TypeError('x is not a function')

  expect(s3Error(error, read)).toBe(error)
})

test('every row of the table has a sentence for whoever reads it, or a meaning that brings its own', () => {
  const mute = [...Object.entries(byName), ...Object.entries(byNetworkCode)].filter(
    ([, { meaning, advice }]) => advice === '' && !['object', 'conflict', 'config:REGION'].includes(meaning),
  )

  expect(mute).toEqual([])
})
