import { fileURLToPath } from 'node:url'
import type { RunReport } from '@millrace/etl-core'
import { startLambda, type TestLambda, testFunctionArn } from '@millrace/etl-testkit/lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe('a handler under the Lambda Runtime API, as a process of its own', () => {
  let lambda: TestLambda

  beforeAll(async () => {
    lambda = await startLambda({ handler: 'counting.handler', taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)) })
  })
  afterAll(() => lambda.close())

  test('answers with the report and writes its line to the log', async () => {
    const { answer } = await lambda.invoke({ count: 2 })

    expect(answer).toMatchObject({ status: 'succeeded', counts: { written: 2 } })
    expect(JSON.parse(lambda.output().trim().split('\n').at(-1) ?? '')).toMatchObject({ message: 'run succeeded' })
  })

  test('fails the invocation with the message of what is wrong', async () => {
    expect((await lambda.invoke({ count: 'two' })).error).toMatchObject({
      errorType: 'ConfigError',
      errorMessage: expect.stringContaining('count'),
    })
    expect((await lambda.invoke({ failing: true })).error).toMatchObject({
      errorType: 'RunFailed',
      errorMessage: expect.stringContaining('refused'),
    })
  })

  test('answers as stopped before the process would be killed, and goes on when it is invoked again', async () => {
    const first = await lambda.invoke({ count: 80, slowMs: 10 }, 1_200)
    const second = await lambda.invoke({ count: 80 })

    expect(first.answer).toMatchObject({ status: 'stopped' })
    expect(second.answer).toMatchObject({ status: 'succeeded', attempt: 2, counts: { written: 80 } })
  })

  test('is killed at the deadline when it does not stop, and the next invocation goes on', async () => {
    const killed = await lambda.invoke({ count: 6, slowMs: 10, stuckMs: 5_000 }, 1_500)
    const next = await lambda.invoke({ count: 6 })

    expect(killed.error).toEqual({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 1.50 seconds' })
    expect(next.answer).toMatchObject({ status: 'succeeded', counts: { written: 6 } })
  })

  test('keeps what it has when the execution environment is shut down', async () => {
    const going = lambda.invoke({ count: 400, slowMs: 10 }, 20_000)
    await new Promise(resolve => setTimeout(resolve, 800))
    await lambda.shutdown()

    const { answer } = await going
    const stopped = answer as { status: string; counts: { written: number } }
    expect(stopped.status).toBe('stopped')
    expect(stopped.counts.written).toBeGreaterThan(0)
  })
})

test('a function that cannot be imported fails its invocations with the reason, and is tried again', async () => {
  const taskRoot = fileURLToPath(new URL('fixtures', import.meta.url))
  const lambda = await startLambda({ handler: 'counting.missing', taskRoot })
  try {
    for (const starts of [1, 2]) {
      expect((await lambda.invoke({})).error?.errorMessage).toContain('counting.missing is undefined or not exported')
      expect(lambda.starts()).toBe(starts)
    }
    expect(testFunctionArn).toMatch(/:live$/)
  } finally {
    await lambda.close()
  }
})

describe('a report that is longer than an answer may be', () => {
  const invoked = async (handler: string, nameLength: number) => {
    const lambda = await startLambda({ handler, taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)) })
    try {
      return await lambda.invoke({ groups: 100, nameLength }, 60_000)
    } finally {
      await lambda.close()
    }
  }

  test('would be refused whole', { timeout: 90_000 }, async () => {
    const { error } = await invoked('reporting.uncut', 35_000)

    expect(error?.errorType).toBe('Function.ResponseSizeTooLarge')
  })

  test.each([
    ['its splits', 35_000, 'the 100 splits', { groups: 100, splits: 0 }],
    ['its groups and splits', 70_000, 'the 100 groups and 100 splits', { groups: 0, splits: 0 }],
  ])('is answered without %s, and its notes say so', { timeout: 90_000 }, async (_, nameLength, lacks, kept) => {
    const report = (await invoked('reporting.handler', nameLength)).answer as RunReport

    expect(report).toMatchObject({ status: 'succeeded', left: 0, counts: { written: 100 } })
    expect({ groups: report.groups.length, splits: report.splits.length }).toEqual(kept)
    expect(report.notes.at(-1)).toContain(`The answer has no room for ${lacks}`)
  })
})
