import { urlRequest } from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { contextOf, deployed } from './support/deployed.js'

interface Answer {
  readonly statusCode: number
  readonly body: string
}

async function asked(handler: (event: unknown, context: ReturnType<typeof contextOf>) => Promise<unknown>, event: unknown) {
  const { statusCode, body } = (await handler(event, contextOf())) as Answer
  return { statusCode, body: body === '' ? undefined : JSON.parse(body) }
}

describe('a request', () => {
  test('is answered with the report of the run it asks for, by query and body', async () => {
    const { handler, loaded } = deployed()
    const event = urlRequest({ queryStringParameters: { file: 'a', rows: '3' }, body: JSON.stringify({ rows: 1 }) })

    expect(await asked(handler, event)).toMatchObject({ statusCode: 200, body: { status: 'succeeded', counts: { written: 1 } } })
    expect(loaded()).toEqual(['a 1'])
  })

  test('has its body decoded, and without one the query alone', async () => {
    const { handler, loaded } = deployed()
    const body = Buffer.from(JSON.stringify({ file: 'é', rows: 1 })).toString('base64')

    await asked(handler, urlRequest({ body, isBase64Encoded: true }))
    await asked(handler, urlRequest({ queryStringParameters: { file: 'q', rows: '1' } }, 'GET'))

    expect(loaded()).toEqual(['é 1', 'q 1'])
  })

  test('with an idempotency key is one load', async () => {
    const { handler, loaded } = deployed()
    const event = urlRequest({ headers: { 'Idempotency-Key': 'k1' }, queryStringParameters: { file: 'a', rows: '1' } })

    for (const status of ['succeeded', 'unchanged']) expect(await asked(handler, event)).toMatchObject({ body: { status } })
    expect(loaded()).toEqual(['a 1'])
  })

  test.each([
    ['no JSON', { body: 'secret' }, 'ETL_EVENT_UNKNOWN'],
    ['JSON that is no object', { body: '[1]' }, 'ETL_EVENT_UNKNOWN'],
    ['a parameter that is not valid', { body: '{"file":"a","rows":-1}' }, 'ETL_PARAMS_INVALID'],
    ['a parameter that there is not', { queryStringParameters: { file: 'a', utm: '1' } }, 'ETL_PARAMS_INVALID'],
  ])('with %s is answered with 400 and the reason', async (_, more, code) => {
    const { handler, lines } = deployed()

    const answer = await asked(handler, urlRequest(more))

    expect(answer).toMatchObject({ statusCode: 400, body: { error: { code } } })
    expect(JSON.stringify([answer, lines])).not.toContain('secret')
  })

  test('may be read by the pipeline itself, and left out', async () => {
    const { handler, loaded } = deployed({
      request: ({ path, method, headers }) => (method === 'GET' ? null : { file: `${path} ${headers['content-type']}`, rows: 1 }),
    })

    expect(await asked(handler, urlRequest())).toMatchObject({ statusCode: 200 })
    expect(await asked(handler, urlRequest({}, 'GET'))).toEqual({ statusCode: 204, body: undefined })
    expect(loaded()).toEqual(['/loads application/json 1'])
  })

  test('is accepted before it is run where that is asked for, and another invocation runs it', async () => {
    const sent: unknown[] = []
    const { handler, loaded } = deployed(
      {},
      { requests: 'accepted', handOn: { name: 'test', send: async event => void sent.push(event) } },
    )

    const answer = await asked(handler, urlRequest({ body: '{"file":"a","rows":1}' }))
    expect(answer).toEqual({ statusCode: 202, body: { loadId: expect.stringMatching(/^request /) } })
    expect(loaded()).toEqual([])
    const report = await handler(sent[0], contextOf())

    expect(report).toMatchObject({ status: 'succeeded', loadId: answer.body.loadId })
    expect(loaded()).toEqual(['a 1'])
  })

  test('cannot be accepted where nothing is handed on', async () => {
    const { handler } = deployed({}, { requests: 'accepted' })

    expect(await asked(handler, urlRequest({ body: '{"file":"a"}' }))).toMatchObject({
      statusCode: 500,
      body: { error: { code: 'ETL_CONFIG_INVALID', message: expect.stringContaining('handOn') } },
    })
  })
})
