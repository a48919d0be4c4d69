import { describe, expect, it } from 'vitest'
import {
  ConfigError,
  errorJson,
  isEtlError,
  isRecordError,
  isStopError,
  RecordError,
  retryOf,
  SourceError,
  StopError,
} from '../src/index.js'

describe('errors', () => {
  it('are recognised across copies of the package, by brand and code', () => {
    const foreign = Object.assign(new Error('x'), { code: 'ETL_STATE_CONFLICT', [Symbol.for('millrace.error')]: true })

    expect(isEtlError(foreign, 'ETL_STATE_CONFLICT')).toBe(true)
    expect(isEtlError(Object.assign(new Error('x'), { code: 'ETL_STATE_CONFLICT' }))).toBe(false)
    expect([isEtlError(null), isEtlError('ETL_X'), isEtlError(undefined)]).toEqual([false, false, false])
  })

  it('say who acts', () => {
    expect(isRecordError(new RecordError('ETL_RECORD_INVALID', 'x', { path: ['a', 0] }))).toBe(true)
    expect(isRecordError(new ConfigError('ETL_CONFIG_INVALID', 'x'))).toBe(false)
    expect(isStopError(new StopError('ETL_STOP_SIGNAL', 'x'))).toBe(true)
  })

  it('are plain JSON with their verdict, context and causes', () => {
    const cause = new Error('socket', { cause: new TypeError('deep') })
    const error = new SourceError('ETL_SOURCE_UNAVAILABLE', 'The page could not be read.', {
      retry: 'later',
      retryAfterMs: 5,
      context: { page: 2 },
      cause,
    })

    expect(errorJson(error)).toEqual({
      code: 'ETL_SOURCE_UNAVAILABLE',
      message: 'The page could not be read.',
      retry: 'later',
      retryAfterMs: 5,
      context: { page: 2 },
      cause: 'socket <- TypeError: deep',
    })
    expect(JSON.parse(JSON.stringify(errorJson(error)))).toEqual(errorJson(error))
  })

  it('do not tell a cause whose words they have in their own', () => {
    const answer = new Error('Access Denied', { cause: new Error('socket') })
    const cause = new SourceError('ETL_SOURCE_DENIED', 'Could not read a.csv: Access Denied', { cause: answer })
    const error = new SourceError('ETL_STATE_DENIED', 'State: Could not read a.csv: Access Denied', { cause })

    expect(errorJson(error).cause).toBe('socket')
  })

  it.each([new Error('plain'), 'text', null, { odd: 1n }])(
    'a foreign error %o has a code too, and never passes by itself',
    foreign => {
      expect(errorJson(foreign)).toMatchObject({ code: 'ETL_UNEXPECTED', retry: 'never' })
      expect(retryOf(foreign)).toBe('never')
    },
  )
})
