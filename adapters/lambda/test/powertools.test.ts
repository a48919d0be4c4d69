import { fileURLToPath } from 'node:url'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { memoryState } from '@millrace/etl-core'
import { startLambda, type TestLambda } from '@millrace/etl-testkit/lambda'
import { s3Server } from '@millrace/etl-testkit/s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type LambdaOptions, lambdaHandler } from '../src/index.js'
import { counting } from './fixtures/counting.mjs'
import { blobOf, type Line } from './support/emf.js'
import { permitted } from './support/permitted.js'
import { xRayDaemon } from './support/x-ray.js'

/** What was written since this was last asked. */
function linesOf(lambda: TestLambda): () => Line[] {
  let seen = 0
  return () => {
    const output = lambda.output().slice(seen)
    seen += output.length
    const lines = output.split('\n').filter(line => line.startsWith('{'))
    return lines.map(line => JSON.parse(line) as Line)
  }
}

describe('a function with Powertools', () => {
  let lambda: TestLambda
  let daemon: Awaited<ReturnType<typeof xRayDaemon>>
  let [succeeded, failed, thrown]: [Line[], Line[], Line[]] = [[], [], []]
  const blobs = (lines: readonly Line[]) => lines.filter(line => '_aws' in line).map(line => blobOf(line))

  beforeAll(async () => {
    daemon = await xRayDaemon()
    lambda = await startLambda({
      ...{ handler: 'observed.handler', taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)) },
      env: {
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_XRAY_DAEMON_ADDRESS: daemon.address,
      },
    })
    const lines = linesOf(lambda)
    await lambda.invoke({ count: 2 })
    succeeded = lines()
    await lambda.invoke({ failing: true })
    failed = lines()
    await lambda.invoke({ count: 14 })
    thrown = lines()
  }, 60_000)
  afterAll(async () => {
    await lambda.close()
    await daemon.close()
  })

  test('writes the line of a load through its Logger, with the fields of the load at the top', () => {
    const [line, ...others] = succeeded.filter(({ status }) => status)

    expect(others).toEqual([])
    expect(line).toMatchObject({
      ...{ level: 'INFO', message: 'run succeeded', service: 'numbers', function_name: 'test', function_request_id: 'request-1' },
      ...{ cold_start: true, timestamp: expect.stringMatching(/Z$/), xray_trace_id: expect.any(String) },
      ...{ pipeline: 'counting', requestId: 'request-1', status: 'succeeded', loadId: expect.any(String), attempt: 1 },
      ...{ durationMs: expect.any(Number), counts: { read: 2, written: 2, rejected: 0 }, requests: { counter: { GET: 1 } } },
      ...{ from: 'an invocation', coldStart: true, remainingMs: expect.any(Number) },
    })
  })

  test('writes what plug-ins have to say through its Logger too', () => {
    expect(succeeded[0]).toMatchObject({
      level: 'WARN',
      message: 'The counter is new.',
      service: 'numbers',
      context: { digits: 1 },
    })
  })

  test('publishes what a load came to as embedded metrics', () => {
    const [blob] = blobs(succeeded)

    expect(blob).toEqual({
      namespace: 'Millrace',
      dimensions: { service: 'numbers', pipeline: 'counting' },
      metrics: {
        ...{ Succeeded: '1 Count', ColdStart: '1 Count' },
        ...{ DurationMs: expect.stringMatching(/^\d+ Milliseconds$/), RemainingMs: expect.stringMatching(/^\d+ Milliseconds$/) },
        ...{ RecordsRead: '2 Count', RecordsWritten: '2 Count', RecordsRejected: '0 Count', RecordsDropped: '0 Count' },
        ...{ Bytes: '0 Bytes', Batches: '2 Count', Retries: '0 Count' },
      },
    })
  })

  test('publishes the requests to each system with its name as a dimension', () => {
    expect(blobs(succeeded)[1]).toEqual({
      namespace: 'Millrace',
      dimensions: { service: 'numbers', pipeline: 'counting', system: 'counter' },
      metrics: { Requests: '1 Count' },
    })
    expect(blobs(succeeded)).toHaveLength(2)
  })

  test('tells and counts a load that failed, and cold starts no more', () => {
    expect(failed.filter(({ status }) => status)).toMatchObject([
      { level: 'ERROR', message: 'run failed', status: 'failed', error: { code: 'ETL_SOURCE_DENIED' }, coldStart: false },
    ])
    const [blob] = blobs(failed)
    expect(blob?.metrics).toMatchObject({ Failed: '1 Count', RecordsRead: '0 Count' })
    expect(blob?.metrics).not.toHaveProperty('ColdStart')
    expect(blob?.metrics).not.toHaveProperty('Succeeded')
  })

  test('tells and counts one that threw before it had a report, once', () => {
    expect(thrown.filter(({ level }) => level)).toMatchObject([
      { level: 'ERROR', message: 'run failed', status: 'failed', error: { message: 'Nobody knows what there is.' } },
    ])
    expect(blobs(thrown).map(({ metrics }) => Object.keys(metrics))).toEqual([['Failed', 'DurationMs', 'RemainingMs']])
  })

  test("makes the run a part of its invocation's trace, with its splits in it", async () => {
    await vi.waitFor(() => expect(daemon.documents).toHaveLength(5))
    const [split, run] = daemon.documents
    const line = succeeded.find(({ status }) => status)

    expect(run).toMatchObject({
      name: 'run counting',
      type: 'subsegment',
      trace_id: line?.xray_trace_id,
      end_time: expect.any(Number),
    })
    expect(run?.annotations).toEqual({
      ...{ pipeline: 'counting', loadId: line?.loadId, status: 'succeeded' },
      ...{ ColdStart: true, Service: 'numbers' },
    })
    expect(split).toMatchObject({ name: 'split', parent_id: run?.id, annotations: { split: 'all', status: 'committed' } })
  })

  test('gives the trace the error of a run that failed, and of one that threw', async () => {
    await vi.waitFor(() => expect(daemon.documents).toHaveLength(5))
    const [, , , failedRun, thrownRun] = daemon.documents
    const messageOf = (run: typeof failedRun) => run?.cause?.exceptions[0]?.message

    expect(failedRun).toMatchObject({ fault: true, annotations: { status: 'failed' } })
    expect(messageOf(failedRun)).toContain('The counter refused (403). [ETL_SOURCE_DENIED]')
    expect(thrownRun).toMatchObject({ fault: true, annotations: { status: 'failed' } })
    expect(messageOf(thrownRun)).toBe('Nobody knows what there is.')
  })
})

test('requests to S3 are in the trace with a client that the tracer captures, and counted all the same', async () => {
  const [daemon, storage] = [await xRayDaemon(), await s3Server({ buckets: ['lake'] })]
  const role = permitted(storage)
  await role.add((await import('./fixtures/traced-s3.mjs')).pipeline)
  const lambda = await startLambda({
    ...{ handler: 'traced-s3.handler', taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)) },
    env: { ...storage.env(), AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x', AWS_XRAY_DAEMON_ADDRESS: daemon.address },
  })
  try {
    const { answer } = await lambda.invoke(null)
    await vi.waitFor(() => expect(daemon.documents.map(({ name }) => name)).toContain('run orders'))
    const asked = daemon.documents.filter(({ name }) => name === 'S3').map(({ aws }) => aws?.operation)

    expect(answer).toMatchObject({ status: 'succeeded', requests: { s3: { PutObject: expect.any(Number) } } })
    expect(asked).toContain('PutObject')
    expect(role.denied()).toEqual([])
  } finally {
    await Promise.all([lambda.close(), daemon.close(), storage.close()])
  }
}, 60_000)

describe('a handler with Powertools', () => {
  const context = { awsRequestId: '8f5-1', getRemainingTimeInMillis: () => 60_000 }
  const handler = (options: LambdaOptions) => lambdaHandler(counting().pipeline, { run: { state: memoryState() }, ...options })
  /** What is written while something is done. */
  const writtenBy = async (act: () => Promise<unknown>): Promise<Line[]> => {
    const chunks: string[] = []
    const writing = [process.stdout, process.stderr].map(stream =>
      vi.spyOn(stream, 'write').mockImplementation(chunk => chunks.push(String(chunk)) > 0),
    )
    await act().finally(() => writing.map(spy => spy.mockRestore()))
    const lines = chunks.join('').split('\n')
    return lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Line)
  }

  test('writes as much as the level of its Logger lets through', async () => {
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'WARN')
    const logger = new Logger()
    vi.unstubAllEnvs()

    expect(await writtenBy(() => handler({ logger })({ count: 1 }, context))).toEqual([])
    expect(await writtenBy(() => handler({ logger })({ failing: true }, context).catch(() => {}))).toMatchObject([
      { level: 'ERROR' },
    ])
  })

  test('publishes what other code has added by itself, before its own numbers', async () => {
    const metrics = new Metrics({ namespace: 'Mine', serviceName: 'numbers' })
    metrics.addMetric('Orders', 'Count', 3)

    const lines = await writtenBy(() => handler({ metrics, write: () => {} })({ count: 1 }, context))

    expect(lines.map(line => blobOf(line))).toMatchObject([
      { namespace: 'Mine', dimensions: { service: 'numbers' }, metrics: { Orders: '3 Count' } },
      { namespace: 'Mine', dimensions: { service: 'numbers', pipeline: 'counting' }, metrics: { Succeeded: '1 Count' } },
    ])
    expect(blobOf(lines[0] as Line).dimensions).not.toHaveProperty('pipeline')
  })

  test('runs all the same where numbers cannot be published, and says so', async () => {
    const metrics = new Metrics({ namespace: 'Mine' })
    metrics.publishStoredMetrics = () => {
      throw new Error('No room.')
    }
    const lines: Line[] = []

    const report = await handler({ metrics, write: line => lines.push(JSON.parse(line)) })({ count: 1 }, context)

    expect(report.status).toBe('succeeded')
    expect(lines.at(-1)).toMatchObject({ level: 'WARN', error: { message: 'No room.' } })
  })

  test('only runs where nothing is traced', async () => {
    const tracer = new Tracer({ enabled: false })
    const capturing = vi.spyOn(tracer.provider, 'captureAsyncFunc')

    expect((await handler({ tracer, write: () => {} })({ count: 1 }, context)).status).toBe('succeeded')
    expect(capturing).not.toHaveBeenCalled()
  })
})
