import { definePipeline, follow, isEtlError, memoryState } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { type LambdaOptions, lambdaHandler, RunFailed } from '../src/index.js'
import { counting } from './fixtures/counting.mjs'

const context = (remainingMs = 60_000) => {
  const untilMs = Date.now() + remainingMs
  return { awsRequestId: '8f5-1', getRemainingTimeInMillis: () => untilMs - Date.now() }
}

function deployed(options: LambdaOptions = {}) {
  const { pipeline, written } = counting()
  const lines: Record<string, unknown>[] = []
  const handler = lambdaHandler(pipeline, {
    write: line => lines.push(JSON.parse(line)),
    ...options,
    run: { state: memoryState(), ...options.run },
  })
  return { handler, written, lines }
}

describe('a handler', () => {
  test('takes the event as parameters and answers with the report', async () => {
    const { handler, written } = deployed()

    const report = await handler({ count: 3 }, context())

    expect(report).toMatchObject({ pipeline: 'counting', status: 'succeeded', counts: { read: 3, written: 3 } })
    expect(written()).toEqual([1, 2, 3])
  })

  test('runs with the defaults when the event is null', async () => {
    const { handler } = deployed()

    expect((await handler(null, context())).counts.read).toBe(4)
  })

  test('runs without a context, as a script calls it, and then without a deadline', async () => {
    const { handler, written, lines } = deployed()

    expect((await handler({ count: 3 })).status).toBe('succeeded')
    expect(written()).toEqual([1, 2, 3])
    expect(lines.at(-1)).toMatchObject({ level: 'INFO', requestId: null })
  })

  test('refuses an event that is not valid with every problem in the message', async () => {
    const { handler, written } = deployed()

    const refused = await handler({ count: -1, slowMs: 'x' }, context()).catch(error => error)

    expect(isEtlError(refused, 'ETL_PARAMS_INVALID')).toBe(true)
    expect(refused.message).toMatch(/count.*slowMs/s)
    expect(written()).toEqual([])
  })

  test.each([
    ['a parameter that is not known', { ['x'.repeat(2_000_000)]: 1 }],
    ['as many parameters', Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`unknown${at}`, 1]))],
  ])('tells of %s, of megabytes, in a few thousand characters', async (_, params) => {
    const { handler, lines } = deployed()

    const refused = await handler(params as never, context()).catch(error => error)

    expect(isEtlError(refused, 'ETL_PARAMS_INVALID')).toBe(true)
    expect(refused.message).toMatch(/^Parameters of "counting" are not valid: .*… \(\d+ more characters\)$/)
    expect(refused.stack).toMatch(/^\S+ .*\n +at /)
    expect(
      [refused.message.length, refused.stack.length, JSON.stringify(lines).length].filter(length => length > 20_000),
    ).toEqual([])
    expect(lines.at(-1)).toMatchObject({ level: 'ERROR', error: { code: 'ETL_PARAMS_INVALID' } })
  })

  test('throws when the run failed, with the report and its reason', async () => {
    const { handler, lines } = deployed()

    const failed = await handler({ failing: true }, context()).catch(error => error)

    expect(failed).toBeInstanceOf(RunFailed)
    expect(failed.message).toContain('The counter refused (403).')
    expect(failed.report).toMatchObject({ status: 'failed', error: { code: 'ETL_SOURCE_DENIED' } })
    expect(lines.at(-1)).toMatchObject({ level: 'ERROR', status: 'failed' })
  })

  test('throws and logs when what follows failed, and says which pipeline it was', async () => {
    const [{ pipeline }, broken] = [counting(), counting()]
    const followed = definePipeline({
      name: 'followed',
      build: () => pipeline.build({ count: 1, slowMs: 0, failing: false }),
      next: () => [follow(broken.pipeline, { failing: true })],
    })
    const lines: Record<string, unknown>[] = []
    const handler = lambdaHandler(followed as never, {
      write: line => lines.push(JSON.parse(line)),
      run: { state: memoryState() },
    })

    const failed = await handler({}, context()).catch(error => error)

    expect(failed.message).toMatch(/^What follows load .* of pipeline "followed" failed: .*The counter refused/)
    expect(lines.at(-1)).toMatchObject({
      level: 'ERROR',
      message: 'run succeeded, then failed',
      next: [{ pipeline: 'counting', status: 'failed', error: { code: 'ETL_SOURCE_DENIED' } }],
    })
  })

  test('stops before the remaining time is over, and the next invocation goes on', async () => {
    const { handler, written } = deployed()

    const first = await handler({ count: 60, slowMs: 10 }, context(1_150))
    const second = await handler({ count: 60 }, context())

    expect(first.status).toBe('stopped')
    expect(second).toMatchObject({ status: 'succeeded', loadId: first.loadId, attempt: 2 })
    expect(written()).toEqual(Array.from({ length: 60 }, (_, at) => at + 1))
  })

  test('writes one JSON line for a run without incident', async () => {
    const { handler, lines } = deployed()

    await handler({}, context())

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'INFO',
      pipeline: 'counting',
      requestId: '8f5-1',
      status: 'succeeded',
      counts: { written: 4 },
    })
  })

  test('refuses to be made of something that is no pipeline', () => {
    expect(() => lambdaHandler({ name: 'x' } as never)).toThrow(/definePipeline/)
  })
})
