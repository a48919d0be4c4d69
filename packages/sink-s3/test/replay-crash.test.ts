import type { S3Client } from '@aws-sdk/client-s3'
import { definePipeline, from, listRejects, type Pipeline, replayRejects, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import type { S3Server } from '@millrace/etl-testkit/s3'
import { ndjson } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { s3State, s3With } from '../src/index.js'
import { awsClient, inProcess, lake, type Row, rowsOf } from './support/lake.js'

/** One client for all: the processes differ by what they are told of themselves. */
interface Bucket {
  readonly server: S3Server
  readonly client: S3Client
}

type Layout = { readonly path: string; readonly layout?: 'append' }
const layouts: Record<string, Layout> = {
  'groups that are replaced': { path: '{group}.ndjson' },
  'objects that are appended': { path: 'log', layout: 'append' },
}

function judging({ client }: Bucket, layout: Layout, bad: readonly number[]): Pipeline {
  const schema = z.object({ id: z.number().refine(id => !bad.includes(id)), name: z.string() })
  return definePipeline({
    name: 'rows',
    connectors: [s3With({ client })],
    build: ({ connect }) =>
      from(arraySource<Row>({ splits: { a: rowsOf(5) } }))
        .validate(schema)
        .into(connect.objects('s3://lake/out', { ...layout, format: ndjson<Row>() })),
  }) as unknown as Pipeline
}

/** What a reader of the bucket sees, who passes over `_`. */
function idsSeen({ server }: Bucket): number[] {
  const visible = [...server.objects('lake')].filter(([key]) => !key.includes('/_'))
  const text = visible.map(([, bytes]) => Buffer.from(bytes).toString()).join('')
  const ids = text.split('\n').flatMap(line => (line === '' ? [] : [(JSON.parse(line) as Row).id]))
  return ids.sort((a, b) => a - b)
}

async function rejectsIn({ client }: Bucket): Promise<number> {
  let count = 0
  for await (const _ of listRejects(s3State('s3://lake/out/_millrace/rows/state', { client }))) count++
  return count
}

/** A bucket in which a load has left two rejects. */
async function withRejects(layout: Layout): Promise<Bucket> {
  const server = await lake()
  const bucket = { server, client: awsClient(server, 1) }
  await run(judging(bucket, layout, [1, 3]), {}, inProcess(1))
  return bucket
}

/** From its nth request on the process is as dead: nothing it asks has any effect, and it hears of nothing. */
async function dyingReplay(bucket: Bucket, layout: Layout, at: number, when: 'before' | 'after'): Promise<number> {
  const { server } = bucket
  const asked = server.requests.length
  if (when === 'after') server.failAt(asked + at, 'resetAfter')
  server.failWhen({ nth: when === 'after' ? at + 1 : at, times: 999 }, 'resetBefore')
  await replayRejects(
    judging(bucket, layout, []),
    {},
    {},
    { ...inProcess(2), retry: { attempts: 1, firstMs: 1, maxMs: 1 } },
  ).catch(() => undefined)
  server.clearFaults()
  return server.requests.length - asked
}

describe.each(Object.entries(layouts))('a replay of %s from a bucket', (_, layout) => {
  test.each(['before', 'after'] as const)(
    'that dies %s any of its requests is finished by the next, once, and a third finds none',
    async when => {
      const all = await dyingReplay(await withRejects(layout), layout, 999, 'before')
      const step = process.env.MILLRACE_TEST_LONG ? 1 : Math.ceil(all / 3)
      for (let at = 1; at <= all; at += step) {
        const bucket = await withRejects(layout)
        await dyingReplay(bucket, layout, at, when)

        const second = await replayRejects(judging(bucket, layout, []), {}, {}, inProcess(3))
        const third = await replayRejects(judging(bucket, layout, []), {}, {}, inProcess(4))

        const outcome = [['succeeded', 'unchanged'].includes(second.status), third.status, third.reason, idsSeen(bucket)]
        expect(outcome, `dead ${when} request ${at} of ${all}`).toEqual([
          true,
          'unchanged',
          'no rejects to replay',
          [0, 1, 2, 3, 4],
        ])
        expect(await rejectsIn(bucket)).toBe(0)
      }
      expect(all).toBeGreaterThan(20)
    },
    600_000,
  )
})
