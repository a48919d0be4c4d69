import { definePipeline, from, run } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import { type S3SourceOptions, s3Source } from '../src/index.js'

interface Row {
  readonly id: string
}

const text = (rows: number, name: string) => `id\n${Array.from({ length: rows }, (_, i) => `${name} ${i}`).join('\n')}\n`

async function world(): Promise<{
  server: S3Server
  load: (options?: Partial<S3SourceOptions<Row>>) => Promise<{ ids: string[]; report: Awaited<ReturnType<typeof run>> }>
}> {
  const server = await s3Server({ buckets: ['incoming'] })
  server.createBucket('versions', { versioning: true })
  const { endpoint, credentials } = server.clientConfig()
  const load = async (options: Partial<S3SourceOptions<Row>> = {}) => {
    const sink = memorySink<Row>()
    const source = s3Source<Row>({ bucket: 'incoming', endpoint, credentials, maxAttempts: 2, format: csv<Row>(), ...options })
    const judge = iamJudge(policyFrom(source.access?.('orders') ?? []))
    server.restrict(judge)
    const report = await run(definePipeline({ name: 'orders', build: () => from(source).into(sink) }))
    expect(judge.denied).toEqual([])
    return { report, ids: sink.visible().map(({ id }) => id) }
  }
  return { server, load }
}

describe('s3Source', () => {
  test('reads objects whose keys hold blanks, pluses, percents and other scripts', async () => {
    const { server, load } = await world()
    const keys = ['a b.csv', 'a+b.csv', '100%.csv', 'ñ/東京.csv']
    for (const key of keys) server.put('incoming', key, text(1, key))

    expect((await load()).ids.sort()).toEqual(keys.map(key => `${key} 0`).sort())
    await server.close()
  })

  test('reads the versions that are named, and the newest of the others', async () => {
    const { server, load } = await world()
    for (const name of ['first', 'second', 'third'])
      for (const key of ['a.csv', 'b.csv']) server.put('versions', key, text(2, name))
    const versionId = server.versionIds('versions', 'a.csv')[1] as string

    const { ids } = await load({ bucket: 'versions', keys: [{ key: 'a.csv', versionId }, 'b.csv'] })

    expect(ids).toEqual(['second 0', 'second 1', 'third 0', 'third 1'])
    await server.close()
  })

  test('reads an object at its etag, and fails alone when another one lies there', async () => {
    const { server, load } = await world()
    const { etag } = server.put('incoming', 'a.csv', text(1, 'a'))
    server.put('incoming', 'b.csv', text(1, 'b'))

    const { ids, report } = await load({
      keys: [
        { key: 'a.csv', etag: `"${etag}"` },
        { key: 'b.csv', etag: '0'.repeat(32) },
      ],
    })

    expect([ids, report.status]).toEqual([['a 0'], 'failed'])
    expect(report.error).toMatchObject({
      code: 'ETL_SOURCE_REPLACED',
      retry: 'never',
      message: expect.stringContaining('s3://incoming/b.csv is no longer the version 00000000000000000000000000000000'),
      context: { wanted: '0'.repeat(32) },
    })
    // What was replaced does not come back: it is looked at once.
    expect(server.requests.filter(({ key }) => key === 'b.csv').map(({ operation }) => operation)).toEqual(['HeadObject'])
    await server.close()
  })

  test('goes on within a download that is cut off', async () => {
    const { server, load } = await world()
    server.put('incoming', 'a.csv', text(50_000, 'row'))
    server.failWhen({ operation: 'GetObject', times: 2 }, 'truncated')

    const { ids, report } = await load()

    expect([ids.length, ids.at(-1), report.status]).toEqual([50_000, 'row 49999', 'succeeded'])
    await server.close()
  })

  test('fails the group of a key that is not there, and reads the others', async () => {
    const { server, load } = await world()
    server.put('incoming', 'a.csv', text(1, 'a'))

    const { ids, report } = await load({ keys: ['a.csv', 'gone.csv'] })

    expect([ids, report.status]).toEqual([['a 0'], 'failed'])
    await server.close()
  })

  test('refuses wrong options at once', () => {
    const format = csv<Row>()

    expect(() => s3Source({ bucket: 'incoming', keys: ['a'], prefix: 'b', format })).toThrow(/"keys"/)
    expect(() => s3Source({ bucket: 'incoming', keys: [{ key: 'a', version: '1' } as never], format })).toThrow(/unknown version/)
    expect(() => s3Source({ bucket: '', format })).toThrow(/a bucket is needed/)
  })
})
