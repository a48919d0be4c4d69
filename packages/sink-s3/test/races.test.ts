import { memoryState, type RunOptions, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { describe, expect, test } from 'vitest'
import { awsClient, idsAt, lake, pipelineInto, promptly, type Row, rowsOf, textAt } from './support/lake.js'

const mebibyte = 1 << 20
/** More than one request takes. */
const large: Row[] = [1, 2].map(id => ({ id, name: 'x'.repeat(6 * mebibyte) }))
/** Flushed only once a part is full: what is staged then goes in parts, too, where they are small. */
const smallParts = { partBytes: 5 * mebibyte }
const seldom: RunOptions = { ...promptly, flushEvery: { batches: 99, intervalMs: 3_600_000 } }

describe('several writers of one object', () => {
  test.each(['as on AWS', 'elsewhere'])('one wins, and the others are told which load of what won (%s)', async where => {
    const server = await lake()
    const place = where === 'elsewhere' ? {} : { client: awsClient(server) }
    // Each with state of its own: nothing but the object itself stands between them.
    const runs = [1, 2, 3, 4].map(writer =>
      run(pipelineInto(server, rowsOf(2, `writer ${writer}`), { place }), {}, { ...promptly, state: memoryState() }),
    )

    const reports = await Promise.all(runs)

    const [winner, ...more] = reports.filter(({ status }) => status === 'succeeded')
    expect([more, reports.map(({ status }) => status).sort()]).toEqual([[], ['failed', 'failed', 'failed', 'succeeded']])
    for (const { status, error } of reports) {
      if (status === 'succeeded') continue
      expect(error).toMatchObject({ code: 'ETL_OBJECT_CONFLICT', retry: 'never' })
      expect(error?.context?.by).toEqual({ pipeline: 'rows', group: 'a', loadId: winner?.loadId })
      expect(error?.message).toContain(`written by load ${winner?.loadId} of group "a" of pipeline "rows"`)
    }
    expect(server.get('lake', 'out/a.csv')?.metadata).toMatchObject({ loadid: winner?.loadId, pipeline: 'rows', group: 'a' })
  })

  test('another pipeline at the same path is refused before it reads, and told whose it is', async () => {
    const server = await lake()
    await run(pipelineInto(server, rowsOf(2), { name: 'first' }))

    await expect(run(pipelineInto(server, rowsOf(3), { name: 'second' }))).rejects.toMatchObject({
      code: 'ETL_CONFIG_INVALID',
      message: expect.stringMatching(/"a\.csv" in s3:\/\/lake\/out .*group "a" of pipeline "first".*pipeline "second"/),
    })
    expect(idsAt(server, 'out/a.csv')).toEqual(['0', '1'])
  })

  test('a program that writes in between stays, and is not taken for a pipeline', async () => {
    const server = await lake()
    await run(pipelineInto(server, rowsOf(2)))
    server.failWhen({ operation: 'PutObject', key: 'out/a.csv' }, { otherWriter: 'theirs' })

    const report = await run(pipelineInto(server, rowsOf(3)))

    expect([report.error?.code, report.error?.message]).toEqual([
      'ETL_OBJECT_CONFLICT',
      expect.stringContaining('by someone else'),
    ])
    expect(textAt(server, 'out/a.csv')).toBe('theirs')
  })
})

describe('an upload in parts', () => {
  test.each(['same', 'preconditionFailed', 'noSuchUpload'] as const)(
    'whose completion is not answered is found again, once, where a repetition answers %s',
    async repeatedComplete => {
      const server = await lake({ repeatedComplete })
      server.createBucket('versions', { versioning: true })
      server.failWhen({ operation: 'CompleteMultipartUpload', key: /a\.csv$/ }, 'resetAfter')

      const pipeline = pipelineInto(server, large, { to: 's3://versions/out', place: { client: awsClient(server) } })
      const report = await run(pipeline, {}, promptly)

      expect([report.status, server.versionIds('versions', 'out/a.csv').length]).toEqual(['succeeded', 1])
      expect(server.get('versions', 'out/a.csv')?.bytes.length).toBeGreaterThan(12 * mebibyte)
      expect(server.unfinishedUploads('versions')).toEqual([])
      expect(server.requests.filter(({ operation }) => operation === 'UploadPartCopy').length).toBeGreaterThan(0)
    },
  )

  test('of a staged part whose beginning is not answered is ended with its load', async () => {
    const server = await lake()
    const begun = { operation: 'CreateMultipartUpload', key: /staging/ } as const
    server.failWhen(begun, 'resetAfter')

    const source = arraySource<Row>({ splits: { a: large }, batchSize: 1 })
    const report = await run(pipelineInto(server, [], { source, place: smallParts }), {}, seldom)

    expect(report.status).toBe('succeeded')
    expect(server.requests.filter(({ operation, key }) => operation === begun.operation && begun.key.test(key)).length).toBe(2)
    expect(server.unfinishedUploads('lake')).toEqual([])
  })

  test('of a published object whose beginning is not answered is ended once the object is there', async () => {
    const server = await lake()
    server.failWhen({ operation: 'CreateMultipartUpload', key: 'out/a.csv' }, 'resetAfter')

    const report = await run(pipelineInto(server, large), {}, promptly)

    expect(report.status).toBe('succeeded')
    expect(server.requests.filter(({ operation }) => operation === 'CreateMultipartUpload').length).toBeGreaterThan(1)
    expect(server.unfinishedUploads('lake')).toEqual([])
  })

  test('that a dead process left in staging is ended when its load is given up', async () => {
    const server = await lake()
    const source = arraySource<Row>({ splits: { a: large }, batchSize: 1 })
    const pipeline = pipelineInto(server, [], { source, place: smallParts })
    server.failWhen({ operation: 'UploadPart', times: 99 }, 'resetBefore')
    server.failWhen({ operation: 'AbortMultipartUpload', times: 99 }, 'denied')
    await run(pipeline, {}, seldom)
    const left = new Set(server.unfinishedUploads('lake').map(({ key }) => key.replace(/[^/]*$/, '')))
    server.clearFaults()

    const report = await run(pipeline, {}, { ...seldom, full: true })

    expect([...left]).toEqual([expect.stringMatching(/^out\/_millrace\/rows\/staging\//)])
    expect(report.notes.join()).toContain('is abandoned')
    expect(server.unfinishedUploads('lake')).toEqual([])
  })
})
