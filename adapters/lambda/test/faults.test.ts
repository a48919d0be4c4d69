import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLambda, type TestLambda } from '@millrace/etl-testkit/lambda'
import { s3Server } from '@millrace/etl-testkit/s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pipeline } from './fixtures/loading.mjs'
import { permitted } from './support/permitted.js'

let folder: string
let tests = 0
let lambda: TestLambda
/** What the function asked the Lambda API for. */
let events: unknown[] = []
let allowed = true
const api = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (!allowed) {
    response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException', 'content-type': 'application/json' })
    return response.end('{"Message":"not authorized to perform: lambda:InvokeFunction"}')
  }
  events.push(JSON.parse(Buffer.concat(chunks).toString()))
  response.writeHead(202).end()
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lambda-faults-'))
  await once(api.listen(0, '127.0.0.1'), 'listening')
  lambda = await startLambda({
    handler: 'loading.handler',
    taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)),
    env: {
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      NODE_OPTIONS: '--max-old-space-size=64',
    },
  })
})
afterAll(async () => {
  await lambda.close()
  api.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  events = []
  allowed = true
  tests++
})

const place = () => join(folder, String(tests))
const loaded = async () =>
  (await readFile(join(place(), 'numbers.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { value: number }).value)
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

/** Invokes it with what it hands on, until it hands on nothing more. */
async function goneOn(budgetMs: number): Promise<unknown[]> {
  const ends: unknown[] = []
  while (events.length > 0) {
    const { answer, error } = await lambda.invoke(events.shift(), budgetMs)
    ends.push(error?.errorType ?? (answer as { status: string }).status)
  }
  return ends
}

test('a load goes on by the function’s invoking itself, and ends with every record once', async () => {
  const event = { to: `file:${place()}`, count: 40, slowMs: 60, millrace: { loadId: 'order 1' } }

  const first = await lambda.invoke(event, 3_000)
  const ends = await goneOn(3_000)
  const again = await lambda.invoke(event, 20_000)

  expect(first.answer).toMatchObject({ status: 'stopped' })
  expect(ends.at(-1)).toBe('succeeded')
  expect(ends).not.toContain('Sandbox.Timedout')
  expect(again.answer).toMatchObject({ status: 'unchanged', loadId: 'order 1' })
  expect(await loaded()).toEqual(upTo(40))
  expect(lambda.output()).not.toContain('NodeVersionSupportWarning')
}, 120_000)

test('a function that may not invoke itself fails, says so, and goes on when it is invoked again', async () => {
  allowed = false
  const event = { to: `file:${place()}`, count: 30, slowMs: 60 }

  const denied = await lambda.invoke(event, 2_500)
  allowed = true
  const next = await lambda.invoke(event, 30_000)

  expect(denied.error?.errorMessage).toContain('not authorized to perform: lambda:InvokeFunction')
  expect(next.answer).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect(await loaded()).toEqual(upTo(30))
}, 120_000)

test('a function that runs out of memory in the middle goes on where it was', async () => {
  const event = { to: `file:${place()}`, count: 10, hoardAt: 6 }

  const first = await lambda.invoke(event, 60_000)
  const next = await lambda.invoke(event, 60_000)

  expect(first.error?.errorType).toBe('Runtime.ExitError')
  expect(next.answer).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect(await loaded()).toEqual(upTo(10))
}, 180_000)

test('a function whose time is over in the middle of a multipart upload goes on, and leaves no upload behind', async () => {
  const s3 = await s3Server({ buckets: ['lake'] })
  const uploading = await startLambda({
    handler: 'loading.handler',
    taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)),
    env: { ...s3.env(), AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(api.address() as AddressInfo).port}` },
  })
  try {
    const params = { to: 's3://lake/loads', count: 24, padKiB: 512 }
    const event = { ...params, millrace: { loadId: 'upload 1' } }
    const role = permitted(s3)
    await role.add(pipeline, params)
    const stuck = s3.failWhen({ operation: ['UploadPart', 'UploadPartCopy'], nth: 1, times: 100 }, { delayMs: 60_000 })

    const first = await uploading.invoke(event, 8_000)
    stuck()
    events = []
    const next = await uploading.invoke(event, 60_000)

    // All is read, and publishing it was under way.
    expect(first.answer).toMatchObject({ status: 'stopped', left: 0 })
    expect(next.answer).toMatchObject({ status: 'succeeded', loadId: 'upload 1' })
    const lines = Buffer.from(s3.objects('lake').get('loads/numbers.ndjson') ?? '')
      .toString()
      .trim()
      .split('\n')
    expect(lines.map(line => JSON.parse(line).value)).toEqual(upTo(24))
    expect(s3.unfinishedUploads('lake')).toEqual([])
    expect(role.denied()).toEqual([])
  } finally {
    await uploading.close()
    await s3.close()
  }
}, 180_000)
