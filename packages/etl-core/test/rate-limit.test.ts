import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isEtlError, rateLimit } from '../src/index.js'

/** When each of some passes came through, in milliseconds from now. */
const timesOf = async (passes: readonly Promise<void>[]) => {
  const beganAtMs = performance.now()
  return Promise.all(passes.map(pass => pass.then(() => performance.now() - beganAtMs)))
}

describe('the rate limit', () => {
  it('gives the turn of one who left to the next', async () => {
    const turnstile = rateLimit(20)
    const leaves = new AbortController()
    await turnstile.pass()
    const left = Array.from({ length: 4 }, () => turnstile.pass(leaves.signal).catch(error => error))
    const next = timesOf([turnstile.pass()])

    leaves.abort('gone')

    expect(await Promise.all(left)).toEqual(['gone', 'gone', 'gone', 'gone'])
    expect((await next)[0]).toBeLessThan(120)
  })

  it('does not make one who leaves wait for those before it', async () => {
    const turnstile = rateLimit(2)
    const leaves = new AbortController()
    await turnstile.pass()
    const first = turnstile.pass()
    const second = turnstile.pass(leaves.signal).catch(error => error)
    const beganAtMs = performance.now()

    leaves.abort('gone')

    expect(await second).toBe('gone')
    expect(performance.now() - beganAtMs).toBeLessThan(200)
    await first
  })

  it('keeps to the longer of two pauses, also for those who wait already', async () => {
    const turnstile = rateLimit(undefined)
    turnstile.pause(20)
    const waiting = timesOf([turnstile.pass(), turnstile.pass()])
    await sleep(5)
    turnstile.pause(60)
    await sleep(30)
    turnstile.pause(90)
    turnstile.pause(1)

    for (const ms of await waiting) expect(ms).toBeGreaterThanOrEqual(120)
  })

  it('spaces those out who waited for the end of a pause', async () => {
    const turnstile = rateLimit(50)
    turnstile.pause(40)

    const [first = 0, second = 0, third = 0] = await timesOf([1, 2, 3].map(() => turnstile.pass()))

    expect(first).toBeGreaterThanOrEqual(39)
    expect(second - first).toBeGreaterThan(10)
    expect(third - first).toBeGreaterThan(30)
  })

  it('lets nobody catch up on time in which nothing was asked for', async () => {
    const turnstile = rateLimit(50)
    await turnstile.pass()
    await sleep(100)

    const [first = 0, second = 0, third = 0] = await timesOf([1, 2, 3].map(() => turnstile.pass()))

    expect(first).toBeLessThan(15)
    expect(second).toBeGreaterThan(15)
    expect(third).toBeGreaterThan(35)
  })

  it('refuses a rate that is none', () => {
    for (const perSecond of [0, -1, Number.NaN]) {
      const error = (() => {
        try {
          rateLimit(perSecond)
        } catch (error) {
          return error
        }
      })()
      expect(isEtlError(error, 'ETL_CONFIG_INVALID')).toBe(true)
    }
  })
})
