import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import {
  definePipeline,
  from,
  type NoParams,
  type Pipeline,
  type PipelineDefinition,
  replayRejects,
  resetState,
  run,
  tee,
} from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { s3Sink } from '@millrace/sink-s3'
import { s3Source } from '@millrace/source-s3'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { promptly, type Restricted, restrictedBucket, somewhere } from './restricted.js'

const row = z.object({ id: z.int(), name: z.string().max(20_000_000) })
type Row = z.infer<typeof row>

const rows = (count: number, bytes = 5): Row[] => Array.from({ length: count }, (_, id) => ({ id, name: 'x'.repeat(bytes) }))
/** Two batches that are staged as parts which S3 copies itself. */
const large = () => arraySource<Row>({ splits: { a: rows(2, 6 << 20).map(({ name }) => ({ id: 1, name })) }, batchSize: 1 })
const small = (splits = { a: rows(3) }) => arraySource<Row>({ splits, batchSize: 1 })

/** What a process that died has left of an upload. */
const leave = ({ admin }: Restricted, key: string) => admin.send(new CreateMultipartUploadCommand({ Bucket: 'lake', Key: key }))

const pipelineOf = (definition: Omit<PipelineDefinition<NoParams>, 'name'>): Pipeline =>
  definePipeline({ name: 'rows', ...definition }) as unknown as Pipeline

describe('under the policy that is printed for it, with nothing in it that is not used, there runs', () => {
  test('a load that replaces objects, twice, over what dead processes have left', async () => {
    const bucket = await restrictedBucket()
    let source = large()
    const pipeline = pipelineOf({
      connectors: [bucket.s3],
      build: ({ connect }) =>
        from(source)
          .validate(row)
          .into(
            connect.objects('s3://lake/out', {
              path: '{group}/{loadId}.{ext}',
              latest: '{group}/latest.{ext}',
              format: csv<Row>(),
            }),
          ),
    })
    const judge = bucket.restrictTo(pipeline)
    await leave(bucket, 'out/a/latest.csv')
    await leave(bucket, 'out/_millrace/rows/staging/one/a/left')

    const first = await run(pipeline, {}, { ...promptly, loadId: 'one' })
    const unfinished = bucket.server.unfinishedUploads('lake')
    source = small()
    const second = await run(pipeline, {}, { ...promptly, loadId: 'two' })

    expect([first.status, second.status]).toEqual(['succeeded', 'succeeded'])
    expect(unfinished).toEqual([])
    expect({ denied: judge.denied, unused: judge.unused }).toEqual({ denied: [], unused: [] })
  })

  test('a load that adds objects in partitions, put together of parts, with their columns kept', async () => {
    const bucket = await restrictedBucket()
    const pipeline = pipelineOf({
      connectors: [bucket.s3],
      build: ({ connect }) =>
        from(large())
          .validate(row)
          .into(connect.objects('s3://lake/out', { path: 'log', layout: 'append', partitionBy: ['id'], format: csv<Row>() })),
    })
    const judge = bucket.restrictTo(pipeline)
    await leave(bucket, 'out/_millrace/rows/staging/one/a/left')

    const failing = bucket.server.failWhen({ operation: 'UploadPartCopy' }, 'denied')
    const failed = await run(pipeline, {}, { ...promptly, loadId: 'one' })
    failing()
    const { status } = await run(pipeline, {}, { ...promptly, loadId: 'one' })

    expect(failed.status).toBe('failed')
    expect(status).toBe('succeeded')
    expect({ denied: judge.denied, unused: judge.unused }).toEqual({ denied: [], unused: [] })
  })

  test('a load with rejects, their copies, a replay of them, and a reset of state', async () => {
    const bucket = await restrictedBucket()
    let least = 2
    const pipeline = pipelineOf({
      connectors: [bucket.s3],
      build: ({ connect }) =>
        from(small())
          .validate(
            row.refine(({ id }) => id >= least),
            {
              rejectsTo: connect.objects('s3://lake/rejects', { path: 'rows', layout: 'append', format: csv() }),
            },
          )
          .into(connect.objects('s3://lake/out', { path: '{group}.csv', format: csv<Row>() })),
    })
    const judge = bucket.restrictTo(pipeline)

    const report = await run(pipeline, {}, promptly)
    least = 0
    const replayed = await replayRejects(pipeline, {}, {}, promptly)
    await resetState(bucketState(pipeline), 'rows', 's3://lake/out')

    expect([report.counts.rejected, replayed.status]).toEqual([2, 'succeeded'])
    expect(judge.denied).toEqual([])
    // Nothing was too long for one request, and no object came under another name: the tests above have those.
    expect(judge.unused.filter(each => !each.includes('AbortMultipartUpload') && !each.includes('owners'))).toEqual([])
  })

  test('a tee into two buckets, one under a key of its own and with tags', async () => {
    const bucket = await restrictedBucket()
    const { place } = bucket
    const sealed = { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/lake', tags: { team: 'data' } } as const
    const pipeline = pipelineOf({
      build: () =>
        from(large()).into(
          tee(
            s3Sink<Row>({ ...place, ...sealed, bucket: 'lake', prefix: 'out', path: '{group}.csv', format: csv() }),
            s3Sink<Row>({ ...place, bucket: 'inbox', path: 'copies/{group}.csv', format: csv() }),
          ),
        ),
    })
    const judge = bucket.restrictTo(pipeline)

    const { status } = await run(pipeline, {}, promptly)

    expect([status, judge.denied]).toEqual(['succeeded', []])
    expect(judge.unused.filter(each => each.includes('kms:') || each.includes('Tagging'))).toEqual([])
  })

  test('a source that lists objects', async () => {
    const bucket = await restrictedBucket()
    bucket.server.put('inbox', 'orders/1.csv', 'id,name\n1,x\n')
    bucket.server.put('inbox', 'orders/1.txt', 'nobody reads this')
    const pipeline = copying(bucket, { prefix: 'orders/', suffix: '.csv' })
    const judge = bucket.restrictTo(pipeline)

    const { status } = await run(pipeline, {}, promptly)

    expect([status, judge.denied, judge.unused]).toEqual(['succeeded', [], []])
  })

  test('a source of named objects, one of them at a version of its own, also when they are gone', async () => {
    const bucket = await restrictedBucket()
    bucket.server.createBucket('versions', { versioning: true })
    bucket.server.put('versions', 'a.csv', 'id,name\n1,old\n')
    bucket.server.put('versions', 'b.csv', 'id,name\n1,x\n')
    const [versionId = ''] = bucket.server.versionIds('versions', 'a.csv')
    bucket.server.put('versions', 'a.csv', 'id,name\n1,new\n')
    const pipeline = copying(bucket, { bucket: 'versions', keys: [{ key: 'a.csv', versionId }, 'b.csv', 'missing.csv'] })
    const judge = bucket.restrictTo(pipeline)

    const { groups } = await run(pipeline, {}, promptly)

    expect(groups.map(({ group, status }) => [group, status])).toEqual([
      ['a.csv', 'published'],
      ['b.csv', 'published'],
      ['missing.csv', 'failed'],
    ])
    expect(judge.denied).toEqual([])
    expect(judge.unused.filter(each => !each.includes('where s3:prefix'))).toEqual([])
  })
})

describe('a policy that lacks something', () => {
  test('is found out: the load is denied', async () => {
    const bucket = await restrictedBucket()
    const pipeline = (path: string) =>
      pipelineOf({
        connectors: [bucket.s3],
        build: ({ connect }) => from(small()).into(connect.objects('s3://lake/out', { path, format: csv<Row>() })),
      })
    const judge = bucket.restrictTo(pipeline('here/{group}.csv'))

    const { status, error } = await run(pipeline('there/{group}.csv'), {}, promptly).catch(thrown => ({
      status: 'threw',
      error: thrown,
    }))

    expect([status, error?.code]).toEqual(['threw', 'ETL_SINK_DENIED'])
    expect(judge.denied[0]).toContain('s3:GetObject on arn:aws:s3:::lake/out/there/a.csv')
  })
})

/** From a bucket to a folder of this computer, so that the policy is the source's alone. */
function copying(
  { place }: Restricted,
  options: Partial<Pick<Parameters<typeof s3Source>[0], 'bucket' | 'keys' | 'prefix' | 'suffix'>>,
): Pipeline {
  const { endpoint, region, credentials, maxAttempts } = place
  const reach = {
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(credentials && { credentials }),
    ...(maxAttempts && { maxAttempts }),
  }
  const to = somewhere()
  return pipelineOf({
    connectors: [folder],
    build: ({ connect }) =>
      from(s3Source<Record<string, string>>({ bucket: 'inbox', ...reach, ...options, format: csv() })).into(
        connect.objects(to, { path: '{name}', format: csv() }),
      ),
  })
}

/** The pipeline's state, as the command opens it. */
function bucketState(pipeline: Pipeline) {
  const { home } = pipeline.build({})
  if (!home) throw new Error('the sink keeps no state')
  return home.state('rows')
}
