import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLambda } from './runtime/runtime-server.js'

describe('a handler under the Lambda Runtime API, as a process of its own', () => {
  let lambda: Awaited<ReturnType<typeof startLambda>>

  beforeAll(async () => {
    lambda = await startLambda({ handler: 'counting.handler', taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)) })
  })
  afterAll(() => lambda.stop())

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
})
