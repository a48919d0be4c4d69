import { definePipeline, from, listRejects, type Pipeline, type Reject, replayRejects, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import type { S3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { s3State, s3With } from '../src/index.js'
import { idsAt, lake, promptly, type Row, rowsOf } from './support/lake.js'

const mebibyte = 1 << 20

/** Rows that must pass a rule on their way into `s3://lake/out/a.csv`. */
function judging(server: S3Server, records: readonly Row[], rule: (row: Row) => boolean): Pipeline {
  const { endpoint, credentials } = server.clientConfig()
  const schema = z.object({ id: z.number(), name: z.string() }).refine(rule, { message: 'against the rule' })
  return definePipeline({
    name: 'rows',
    connectors: [s3With({ endpoint, credentials, maxAttempts: 2 })],
    build: ({ connect }) =>
      from(arraySource<Row>({ splits: { a: records }, batchSize: 500 }))
        .validate(schema)
        .into(connect.objects('s3://lake/out', { path: '{group}.csv', format: csv<Row>() })),
  }) as unknown as Pipeline
}

/** What lies in the bucket of rejects, as another process sees it. */
async function storedIn(server: S3Server): Promise<Reject[]> {
  const { endpoint, credentials } = server.clientConfig()
  const rejects: Reject[] = []
  const state = s3State('s3://lake/out/_millrace/rows/state', { endpoint, credentials })
  for await (const reject of listRejects(state)) rejects.push(reject)
  return rejects
}

describe('a reject', () => {
  test.each([9, 17])('of %i MiB, larger than a part, is stored whole, listed, and arrives when it is replayed', async size => {
    const server = await lake()
    const large: Row = { id: 1, name: 'ñ'.repeat((size * mebibyte) / 2) }
    const report = await run(
      judging(server, [...rowsOf(1), large], ({ id }) => id !== 1),
      {},
      promptly,
    )
    const stored = await storedIn(server)

    const replayed = await replayRejects(
      judging(server, [...rowsOf(1), large], () => true),
      {},
      {},
      promptly,
    )

    expect([report.status, report.counts.rejected]).toEqual(['succeeded', 1])
    // Not by toEqual, whose message would hold all of it.
    expect(stored.map(({ raw }) => (raw as unknown as Row).name === large.name)).toEqual([true])
    expect([replayed.status, idsAt(server, 'out/a.csv'), await storedIn(server)]).toEqual(['succeeded', ['0', '1'], []])
    expect(server.get('lake', 'out/a.csv')?.bytes.length).toBeGreaterThan(size * mebibyte)
    expect(server.unfinishedUploads('lake')).toEqual([])
  })
})

describe('a group of which every record is rejected', () => {
  const none = () => false

  test('fails, what was published stays, and the rejects are all in the bucket', async () => {
    const server = await lake()
    await run(
      judging(server, rowsOf(2), () => true),
      {},
      promptly,
    )

    const report = await run(judging(server, rowsOf(2_500, 'bad'), none), {}, promptly)

    expect([report.status, report.error?.code]).toEqual(['failed', 'ETL_REJECTS_TOO_MANY'])
    expect(report.error?.message).toMatch(/Every record of group "a" was rejected \(2500\), most often: against the rule\./)
    expect(idsAt(server, 'out/a.csv')).toEqual(['0', '1'])
    const stored = await storedIn(server)
    expect(stored.map(({ raw }) => (raw as unknown as Row).id)).toEqual(rowsOf(2_500).map(({ id }) => id))
  })

  test.each([
    ['a count', 100, 500, /has 500 rejects in 500 records, and 100 are allowed/],
    ['a share', { share: 0.5 }, 2_500, /has 2500 rejects in 2500 records, and 50 % are allowed/],
  ])('fails by %s, where maxRejects is one', async (_, maxRejects, stored, says) => {
    const server = await lake()
    await run(
      judging(server, rowsOf(2), () => true),
      {},
      promptly,
    )

    const report = await run(judging(server, rowsOf(2_500, 'bad'), none), {}, { ...promptly, maxRejects })

    expect([report.status, report.error?.code, idsAt(server, 'out/a.csv')]).toEqual([
      'failed',
      'ETL_REJECTS_TOO_MANY',
      ['0', '1'],
    ])
    expect(report.error?.message).toMatch(says)
    expect((await storedIn(server)).length).toBe(stored)
  })

  test('is published empty only where someone has said so, with maxRejects of 100 %', async () => {
    const server = await lake()
    await run(
      judging(server, rowsOf(2), () => true),
      {},
      promptly,
    )

    const report = await run(judging(server, rowsOf(30, 'bad'), none), {}, { ...promptly, maxRejects: { share: 1 } })

    expect([report.status, idsAt(server, 'out/a.csv'), (await storedIn(server)).length]).toEqual(['succeeded', [], 30])
  })
})
