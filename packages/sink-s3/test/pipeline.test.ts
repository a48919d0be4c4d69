import { definePipeline, from, isEtlError, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv, parquet } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import { s3Sink, s3State, s3With } from '../src/index.js'

interface Row {
  readonly id: number
  readonly name: string
}

const rowsOf = (count: number, name = 'row'): Row[] => Array.from({ length: count }, (_, id) => ({ id, name: `${name} ${id}` }))
const columns = [
  { name: 'id', type: { kind: 'int32' }, nullable: false },
  { name: 'name', type: { kind: 'string' }, nullable: false },
] as const

function pipelineTo(server: S3Server, records: readonly Row[], bookmark = 'v1') {
  const { endpoint, credentials } = server.clientConfig()
  return definePipeline({
    name: 'rows',
    connectors: [s3With({ endpoint, credentials, maxAttempts: 2 })],
    build: ({ connect }) =>
      from(arraySource<Row>({ splits: { a: records }, bookmark, batchSize: 1000 })).into(
        connect.objects('s3://lake/out', { path: '{group}/{startedOn}.csv', latest: '{group}/latest.csv', format: csv<Row>() }),
      ),
  })
}

const textAt = (server: S3Server, key: string) => Buffer.from(server.get('lake', key)?.bytes ?? []).toString()

describe('a pipeline into a bucket', () => {
  test('publishes under both names, keeps its state beside them, and leaves all untouched when nothing is new', async () => {
    const server = await s3Server({ buckets: ['lake'] })
    const pipeline = pipelineTo(server, rowsOf(3))

    const first = await run(pipeline)
    const writes = () => server.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length
    const before = [...server.objects('lake').keys()].filter(key => !key.includes('/_millrace/'))
    const second = await run(pipeline)

    expect([first.status, second.status]).toEqual(['succeeded', 'unchanged'])
    expect(textAt(server, 'out/a/latest.csv')).toBe('id,name\n0,row 0\n1,row 1\n2,row 2\n')
    expect(before).toHaveLength(2)
    expect([...server.objects('lake').keys()].filter(key => !key.includes('/_millrace/'))).toEqual(before)
    expect(writes()).toBeGreaterThan(0)
    await server.close()
  })

  test('has large objects put together by S3 from the parts that were staged', async () => {
    const server = await s3Server({ buckets: ['lake'] })
    const records = rowsOf(22_000, 'a long name '.repeat(80))

    const report = await run(pipelineTo(server, records))

    expect(report.status).toBe('succeeded')
    expect(server.requests.some(({ operation }) => operation === 'UploadPartCopy')).toBe(true)
    // Each part it staged was a request, and no upload in parts.
    expect(server.requests.filter(({ operation, key }) => operation === 'UploadPart' && key.includes('/staging/'))).toEqual([])
    expect(textAt(server, 'out/a/latest.csv').split('\n')).toHaveLength(22_002)
    expect(server.get('lake', 'out/a/latest.csv')?.etag).toBe(
      [...server.objects('lake').keys()]
        .map(key => (/\d\.csv$/.test(key) ? server.get('lake', key)?.etag : undefined))
        .find(Boolean),
    )
    expect(server.unfinishedUploads('lake')).toEqual([])
    await server.close()
  })

  test('goes on after S3 was away', async () => {
    const server = await s3Server({ buckets: ['lake'] })
    const pipeline = pipelineTo(server, rowsOf(5_000))
    server.failWhen({ operation: 'PutObject', key: /staging/, times: 100 }, 'resetBefore')

    const failed = await run(pipeline, {}, { retry: { attempts: 1 } } as never)
    server.clearFaults()
    const report = await run(pipeline)

    expect([failed.status, report.status]).toEqual(['failed', 'succeeded'])
    expect(textAt(server, 'out/a/latest.csv').split('\n')).toHaveLength(5_002)
    await server.close()
  })

  test('does not overwrite what someone else has put there meanwhile', async () => {
    const server = await s3Server({ buckets: ['lake'] })
    await run(pipelineTo(server, rowsOf(2)))
    server.failWhen({ operation: ['PutObject'], key: 'out/a/latest.csv' }, { otherWriter: 'theirs' })

    const report = await run(pipelineTo(server, rowsOf(3), 'v2'))

    expect(report.status).toBe('failed')
    expect(JSON.stringify(report)).toContain('ETL_OBJECT_CONFLICT')
    expect(textAt(server, 'out/a/latest.csv')).toBe('theirs')
    await server.close()
  })

  test('that runs twice at once has one owner', async () => {
    const server = await s3Server({ buckets: ['lake'] })

    const outcomes = await Promise.allSettled([1, 2].map(() => run(pipelineTo(server, rowsOf(2_000)))))

    const refused = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(outcomes.some(outcome => outcome.status === 'fulfilled' && outcome.value.status === 'succeeded')).toBe(true)
    for (const error of refused) expect(isEtlError(error, 'ETL_STATE_CONFLICT')).toBe(true)
    expect(textAt(server, 'out/a/latest.csv').split('\n')).toHaveLength(2_002)
    await server.close()
  })
})

test('s3Sink writes Parquet with what was said of encryption and tags, and state may lie in another place', async () => {
  const server = await s3Server({ buckets: ['lake', 'states'] })
  const { endpoint, credentials } = server.clientConfig()
  const sink = s3Sink<Row>({
    ...{ bucket: 'lake', endpoint, credentials, tags: { team: 'data' }, serverSideEncryption: 'AES256' },
    ...{ path: 'rows.parquet', format: parquet<Row>({ columns }) },
  })
  const pipeline = definePipeline({ name: 'rows', build: () => from(arraySource({ splits: { a: rowsOf(3) } })).into(sink) })

  const report = await run(
    pipeline,
    {},
    { state: s3State('s3://states/rows', { endpoint, credentials }), statePlace: 's3://states/rows' },
  )

  const kept = server.get('lake', 'rows.parquet')
  expect(report.status).toBe('succeeded')
  expect([
    Buffer.from(kept?.bytes ?? [])
      .subarray(0, 4)
      .toString(),
    kept?.tags,
  ]).toEqual(['PAR1', { team: 'data' }])
  expect(Object.values(kept?.encryption ?? {})).toContain('AES256')
  expect([...server.objects('states').keys()].every(key => key.startsWith('rows/'))).toBe(true)
  await server.close()
})

test('s3Sink refuses wrong options at once', () => {
  const wrong = { bucket: 'Lake', path: '{x', format: csv<Row>(), extra: 1 }

  expect(() => s3Sink(wrong)).toThrow(/unknown: extra/)
  expect(() => s3Sink({ bucket: 'lake', path: '{x', format: csv<Row>() })).toThrow(/path/)
})
