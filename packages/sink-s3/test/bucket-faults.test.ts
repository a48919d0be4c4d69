import { memoryState, run } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { idsAt, lake, pipelineInto, promptly, rowsOf, textAt } from './support/lake.js'

describe('a run into a bucket', () => {
  test('that is missing ends before anything is read, and says to create it', async () => {
    const server = await lake()
    const running = run(pipelineInto(server, rowsOf(3), { to: 's3://nowhere/out' }), {}, promptly)

    await expect(running).rejects.toMatchObject({
      name: 'StateError',
      code: 'ETL_STATE_NOT_FOUND',
      retry: 'never',
      message: expect.stringMatching(/NoSuchBucket.*Create the bucket, or correct its name/),
    })
  })

  test('that is missing is not found by the sink where state lies elsewhere', async () => {
    const server = await lake()
    const running = run(pipelineInto(server, rowsOf(3), { to: 's3://nowhere/out' }), {}, { ...promptly, state: memoryState() })

    await expect(running).rejects.toMatchObject({ name: 'SinkError', code: 'ETL_SINK_NOT_FOUND', retry: 'never' })
  })

  test('in another region ends before anything is read, and names that region', async () => {
    const server = await lake()
    server.createBucket('far', { region: 'eu-central-1' })

    await expect(run(pipelineInto(server, rowsOf(3), { to: 's3://far/out' }), {}, promptly)).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ETL_CONFIG_REGION',
      message: expect.stringContaining('set AWS_REGION or the option `region` to eu-central-1'),
    })
    const told = { to: 's3://far/out', place: { region: 'eu-central-1' } }
    expect((await run(pipelineInto(server, rowsOf(3), told), {}, promptly)).status).toBe('succeeded')
  })

  test.each([
    ['everything', undefined, 'ETL_STATE_DENIED'],
    ['looking at what is there', memoryState, 'ETL_SINK_DENIED'],
  ])('that denies %s ends before anything is read, as the place of the sink', async (_, state, code) => {
    const server = await lake()
    server.failWhen({ times: 99 }, 'denied')

    const running = run(pipelineInto(server, rowsOf(3)), {}, { ...promptly, ...(state ? { state: state() } : {}) })

    await expect(running).rejects.toMatchObject({
      code,
      retry: 'never',
      message: expect.stringMatching(/AccessDenied.*policies/),
    })
  })

  test.each([
    ['staging', /_millrace\/rows\/staging/],
    ['publishing', 'out/a.csv'],
  ])('that denies writing while %s fails without another try, and goes on once it may', async (_, key) => {
    const server = await lake()
    server.failWhen({ operation: 'PutObject', key, times: 99 }, 'denied')

    const failed = await run(pipelineInto(server, rowsOf(3)), {}, promptly)
    const asked = server.requests.filter(({ code }) => code === 'AccessDenied').length
    server.clearFaults()
    const report = await run(pipelineInto(server, rowsOf(3)), {}, promptly)

    expect([failed.status, failed.error?.code, failed.error?.retry, asked]).toEqual(['failed', 'ETL_SINK_DENIED', 'never', 1])
    expect([report.status, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', ['0', '1', '2']])
  })
})

describe('a run into a bucket that is too busy', () => {
  const throttle = { operation: ['PutObject', 'GetObject', 'HeadObject', 'DeleteObject', 'ListObjectsV2'] } as const

  test('at every fifteenth request is as one that is not', async () => {
    const server = await lake()
    for (let nth = 1; nth < 60; nth += 15) server.failWhen({ ...throttle, nth }, 'throttle')

    const report = await run(pipelineInto(server, rowsOf(6)), {}, promptly)

    expect([report.status, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', ['0', '1', '2', '3', '4', '5']])
    expect(server.requests.filter(({ code }) => code === 'SlowDown').length).toBeGreaterThan(2)
  })

  test.each([
    ['staging', /_millrace\/rows\/staging/],
    ['publishing', 'out/a.csv'],
  ])('for ever while %s has its attempts exhausted, and the next run goes on', async (_, key) => {
    const server = await lake()
    server.failWhen({ operation: 'PutObject', key, times: 999 }, 'throttle')

    const failed = await run(pipelineInto(server, rowsOf(4)), {}, promptly)
    server.clearFaults()
    const report = await run(pipelineInto(server, rowsOf(4)), {}, promptly)

    expect(failed.error).toMatchObject({
      code: 'ETL_SINK_RATE_LIMITED',
      retry: 'exhausted',
      message: expect.stringMatching(/SlowDown \(HTTP 503\) after 2 attempts.*lower the concurrency/),
    })
    expect([report.status, report.loadId, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', failed.loadId, ['0', '1', '2', '3']])
  })

  test('for its state from the start may be run again later', async () => {
    const server = await lake()
    server.failWhen({ times: 999 }, 'throttle')

    await expect(run(pipelineInto(server, rowsOf(4)), {}, promptly)).rejects.toMatchObject({
      code: 'ETL_STATE_UNAVAILABLE',
      retry: 'later',
      message: expect.stringContaining('SlowDown'),
    })
    expect(textAt(server, 'out/a.csv')).toBe('')
  })
})
