import { SinkError } from '@millrace/etl-core'
import { expect, test } from 'vitest'
import { blamesRow, isInDoubt, isNoTable, sqlError } from '../src/errors.js'

const action = { side: 'sink', place: 'sqlserver://h/test', doing: 'write table t' } as const
const fromServer = (number: number, severity = 16) =>
  Object.assign(new Error(`message of ${number}`), { name: 'RequestError', code: 'EREQUEST', number, class: severity })
const fromNetwork = (code: string) => Object.assign(new Error(`message of ${code}`), { name: 'ConnectionError', code })

test.each([
  [1205, 'ETL_SINK_UNAVAILABLE', 'later'],
  [1222, 'ETL_SINK_UNAVAILABLE', 'later'],
  [40501, 'ETL_SINK_RATE_LIMITED', 'later'],
  [49918, 'ETL_SINK_RATE_LIMITED', 'later'],
  [10928, 'ETL_SINK_RATE_LIMITED', 'later'],
  [40613, 'ETL_SINK_UNAVAILABLE', 'later'],
  [922, 'ETL_SINK_UNAVAILABLE', 'later'],
  [9002, 'ETL_SINK_FULL', 'later'],
  [18456, 'ETL_SINK_DENIED', 'never'],
  [229, 'ETL_SINK_DENIED', 'never'],
  [208, 'ETL_SINK_NOT_FOUND', 'never'],
  [2627, 'ETL_SINK_REFUSED', 'never'],
  [99, 'ETL_SINK_REFUSED', 'never'],
])('error %i becomes %s, %s', (number, code, retry) => {
  const cause = fromServer(number)

  expect(sqlError(cause, action)).toMatchObject({
    code,
    retry,
    cause,
    context: { number },
    message: expect.stringContaining(`${number}`),
  })
})

test.each([
  ['canceling statement due to lock timeout', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['terminating connection due to administrator command', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['could not extend file "base/1": No space left on device', 'ETL_SINK_FULL', 'later'],
  ['permission denied for table readings', 'ETL_SINK_DENIED', 'never'],
  ['relation "master_dbo.readings" does not exist', 'ETL_SINK_NOT_FOUND', 'never'],
  ["'UNPIVOT' is not currently supported in Babelfish", 'ETL_SINK_REFUSED', 'never'],
])('%j of a server that has no number for it becomes %s, %s, and no row is to blame', (message, code, retry) => {
  const cause = Object.assign(fromServer(33_557_097), { message })

  expect(sqlError(cause, action)).toMatchObject({ code, retry })
  expect(blamesRow(cause)).toBe(false)
  expect(isNoTable(cause)).toBe(code === 'ETL_SINK_NOT_FOUND')
})

test.each([4060, 911])('error %i is about a database, not about a table', number => {
  expect(isNoTable(fromServer(number))).toBe(false)
})

test('an unknown error of a high severity may pass', () => {
  expect(sqlError(fromServer(99, 21), action)).toMatchObject({ retry: 'later' })
})

test.each([
  ['ECONNRESET', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['ESOCKET', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['ETIMEOUT', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['ECONNREFUSED', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['ELOGIN', 'ETL_SINK_DENIED', 'never'],
])('%s becomes %s, %s', (number, code, retry) => {
  expect(sqlError(fromNetwork(number), action)).toMatchObject({ code, retry })
})

test('a certificate that nobody vouches for is named, below a connection that could not be opened', () => {
  const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const error = Object.assign(new Error('Failed to connect', { cause }), { name: 'ConnectionError', code: 'ESOCKET' })

  expect(sqlError(error, action)).toMatchObject({
    code: 'ETL_SINK_DENIED',
    retry: 'never',
    message: expect.stringContaining('trustServerCertificate'),
  })
})

test.each([2627, 2601, 547, 515, 2628, 8152, 8114, 245, 50_001])('error %i may be about a single row', number => {
  expect(blamesRow(fromServer(number))).toBe(true)
})

test.each([1205, 40501, 208, 18456])('error %i is not about a single row', number => {
  expect(blamesRow(fromServer(number))).toBe(false)
})

test('what the server said is known; a lost connection leaves in doubt what happened', () => {
  expect(isInDoubt(fromServer(1205))).toBe(false)
  expect(isInDoubt(fromNetwork('ECONNRESET'))).toBe(true)
})

test.each(['source', 'state'] as const)('the side decides the class: %s', side => {
  expect(sqlError(fromServer(1205), { ...action, side })).toMatchObject({ code: `ETL_${side.toUpperCase()}_UNAVAILABLE` })
})

test('errors of our own, and slips in code, stay as they are', () => {
  for (const error of [new SinkError('ETL_SINK_CLOSED', 'closed'), new TypeError('x is not a function'), 'text'])
    expect(sqlError(error, action)).toBe(error)
})
