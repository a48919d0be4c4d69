import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EtlError, isEtlError, SinkError, SourceError, withRetry } from '../src/index.js'
import { backoffMs } from '../src/retry.js'

const budget = { numRuns: 100 * (process.env.MILLRACE_TEST_LONG ? 20 : 1) }
const retry = { attempts: 6, firstMs: 500, maxMs: 120_000 }

describe('backoff', () => {
  it('doubles up to its cap, half of it random', () => {
    expect([1, 2, 3, 9].map(attempt => backoffMs(attempt, retry, 1))).toEqual([500, 1000, 2000, 120_000])
    expect([1, 2, 3, 9].map(attempt => backoffMs(attempt, retry, 0))).toEqual([250, 500, 1000, 60_000])
  })

  it('never exceeds the cap, however many attempts there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const ms = backoffMs(attempt, retry, random)
        return ms >= 250 && ms <= retry.maxMs
      }),
      budget,
    )
  })
})

const busy = (retryAfterMs?: number) =>
  new SinkError('ETL_SINK_RATE_LIMITED', 'The bucket is busy.', {
    retry: 'later',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
const fast = { firstMs: 1, maxMs: 2 }

/** A call that fails so often, then gives `done`. */
const failing = (times: number, error: () => unknown = busy) => {
  let calls = 0
  return Object.assign(
    async () => {
      if (++calls <= times) throw error()
      return 'done'
    },
    { calls: () => calls },
  )
}

describe('withRetry', () => {
  it('makes a call again that may pass later, and says so before each wait', async () => {
    const call = failing(2)
    const told: number[] = []

    const value = await withRetry(call, { ...fast, onRetry: ({ attempt }) => told.push(attempt) })

    expect(value).toBe('done')
    expect(call.calls()).toBe(3)
    expect(told).toEqual([1, 2])
  })

  it('throws what will not pass at once, as it is', async () => {
    const refused = new SourceError('ETL_SOURCE_DENIED', 'Not yours.')
    const call = failing(9, () => refused)

    await expect(withRetry(call, fast)).rejects.toBe(refused)
    expect(call.calls()).toBe(1)
  })

  it('does not take an error that is not ours for one that may pass', async () => {
    const call = failing(9, () => new TypeError('a bug'))

    await expect(withRetry(call, fast)).rejects.toThrow('a bug')
    expect(call.calls()).toBe(1)
  })

  it('gives up with the same code and class, and the verdict exhausted', async () => {
    const error = await withRetry(failing(9), { ...fast, attempts: 3 }).catch(error => error)

    expect(isEtlError(error, 'ETL_SINK_RATE_LIMITED')).toBe(true)
    expect(error).toBeInstanceOf(SinkError)
    expect(error).toMatchObject({ retry: 'exhausted', context: { attempts: 3 } })
    expect(error.message).toBe('The bucket is busy. Tried 3 times.')
  })

  it('gives up with what an error of a class of one’s own carries', async () => {
    class QueryFailed extends EtlError {
      constructor(readonly query: { readonly text: string }) {
        super('ETL_QUERY_FAILED', `Query ${query.text} failed.`, { retry: 'later' })
      }
    }

    const error = await withRetry(
      failing(9, () => new QueryFailed({ text: 'q1' })),
      { ...fast, attempts: 2 },
    ).catch(error => error)

    expect(error).toBeInstanceOf(QueryFailed)
    expect(error).toMatchObject({ retry: 'exhausted', query: { text: 'q1' }, message: 'Query q1 failed. Tried 2 times.' })
    expect(error.stack).toContain('QueryFailed')
  })

  it('does not wait for one who asks for longer than the longest wait', async () => {
    const call = failing(1, () => busy(60_000))

    const error = await withRetry(call, { firstMs: 1, maxMs: 1_000 }).catch(error => error)

    expect(error).toMatchObject({ retry: 'exhausted', retryAfterMs: 60_000 })
    expect(call.calls()).toBe(1)
  })

  it('waits at least as long as it was asked to', async () => {
    const waits: number[] = []

    await withRetry(
      failing(1, () => busy(20)),
      { ...fast, maxMs: 50, onRetry: ({ waitMs }) => waits.push(waitMs) },
    )

    expect(waits).toEqual([20])
  })

  it('ends a wait at the signal, with its reason', async () => {
    const stop = new AbortController()
    const reason = new EtlError('ETL_STOP_SIGNAL', 'Stopped.')
    const call = failing(9, () => busy(3_600_000))

    const waiting = withRetry(call, { maxMs: 3_600_000, signal: stop.signal, onRetry: () => stop.abort(reason) })

    await expect(waiting).rejects.toBe(reason)
    expect(call.calls()).toBe(1)
  })
})
