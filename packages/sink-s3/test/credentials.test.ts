import { definePipeline, from, run, type Source } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import type { S3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { s3, s3State } from '../src/index.js'
import { idsAt, inProcess, lake, permit, pipelineInto, promptly, type Row, rowsOf } from './support/lake.js'

const session = (no: number) => ({
  accessKeyId: `ASIASESSION${no}`,
  secretAccessKey: `secret-of-session-${no}`,
  sessionToken: `token-of-session-${no}`,
})

/** A server that knows so many sessions. */
async function sessions(count: number): Promise<S3Server> {
  const server = await lake()
  for (let no = 1; no <= count; no++) server.addCredentials(session(no))
  return server
}

/** Rows one by one; `act` runs as the row of that number is read. */
function acting(records: readonly Row[], at: number, act: () => void): Source<Row> {
  const source = arraySource<Row>({ splits: { a: records }, batchSize: 1 })
  return {
    ...source,
    async *read(split, cursor, ctx) {
      for await (const batch of source.read(split, cursor, ctx)) {
        if (batch.cursor === at) act()
        yield batch
      }
    },
  }
}

const ids = (count: number) => Array.from({ length: count }, (_, id) => String(id))

describe('credentials', () => {
  afterEach(() => vi.unstubAllEnvs())

  test('that are missing end a run before a request is made, and the message says how to give them', async () => {
    const server = await lake()
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_REGION'])
      vi.stubEnv(name, undefined)
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, 'no-such-file')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.url)
    const pipeline = definePipeline({
      name: 'rows',
      connectors: [s3],
      build: ({ connect }) =>
        from(arraySource<Row>({ splits: { a: rowsOf(2) } })).into(
          connect.objects('s3://lake/out', { path: 'a.csv', format: csv<Row>() }),
        ),
    })

    await expect(run(pipeline)).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ETL_CONFIG_CREDENTIALS',
      message: expect.stringMatching(/AWS_ACCESS_KEY_ID.*AWS_PROFILE.*role/),
    })
    expect(server.requests).toEqual([])
  })

  test.each([
    ['key', { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'hunter2-hunter2' }, /InvalidAccessKeyId.*AWS_ACCESS_KEY_ID/],
    ['secret', { secretAccessKey: 'hunter2-hunter2' }, /SignatureDoesNotMatch.*AWS_SECRET_ACCESS_KEY/],
  ])('whose %s is wrong end a run before anything is read, and nothing tells the secret', async (_, wrong, says) => {
    const server = await lake()
    const credentials = { ...server.credentials, ...wrong }

    const error = await run(pipelineInto(server, rowsOf(2), { place: { credentials } })).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'ETL_STATE_DENIED', retry: 'never', message: expect.stringMatching(says) })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
  })

  test('that end while a run is under way are renewed by a function that gives new ones, and the run succeeds', async () => {
    const server = await sessions(2)
    let asked = 0
    const credentials = async () => {
      asked++
      // Sessions that end within minutes are renewed before every request.
      return { ...session(server.requests.length < 25 ? 1 : 2), expiration: new Date(Date.now() + 1_000) }
    }
    server.expireCredentials({ accessKeyId: session(1).accessKeyId, fromRequest: 26 })

    const report = await run(pipelineInto(server, rowsOf(40), { place: { credentials } }), {}, promptly)

    expect([report.status, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', ids(40)])
    expect(server.requests.length).toBeGreaterThan(30)
    expect(server.requests.filter(({ code }) => code === 'ExpiredToken')).toEqual([])
    expect(asked).toBeGreaterThan(1)
  })

  test('that end while a run is under way, and are not renewed, fail it clearly; the next run goes on without loss', async () => {
    const server = await sessions(2)
    const expire = () => server.expireCredentials({ accessKeyId: session(1).accessKeyId })
    const dying = acting(rowsOf(40), 20, expire)
    const before = pipelineInto(server, [], { source: dying, place: { credentials: session(1) } })

    const failed = await run(before, {}, inProcess(1))
    const source = arraySource<Row>({ splits: { a: rowsOf(40) }, batchSize: 1 })
    const report = await run(pipelineInto(server, [], { source, place: { credentials: session(2) } }), {}, inProcess(2))

    expect(failed.error).toMatchObject({
      code: 'ETL_STATE_DENIED',
      retry: 'exhausted',
      message: expect.stringMatching(/ExpiredToken.*renew the credentials.*the next run goes on from there/),
    })
    expect(JSON.stringify(failed)).not.toMatch(/(secret|token)-of-session/)
    expect([report.status, report.attempt, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', 2, ids(40)])
    // Not from the start: what was flushed before is there.
    expect(source.asked.reads).toEqual([expect.stringMatching(/^a@1\d$/)])
  })

  test('that end while a run is under way fail it as the sink, where state lies elsewhere, and the next run goes on', async () => {
    const server = await sessions(1)
    server.createBucket('states')
    const expire = () => server.expireCredentials({ accessKeyId: session(1).accessKeyId })
    const source = acting(rowsOf(40), 20, expire)
    const { endpoint, credentials } = server.clientConfig()
    const state = s3State('s3://states/rows', { endpoint, credentials })
    permit(server, state.access?.() ?? [])

    const pipeline = pipelineInto(server, [], { source, place: { credentials: session(1) } })
    const failed = await run(pipeline, {}, { ...promptly, state })
    const report = await run(pipelineInto(server, rowsOf(40)), {}, { ...promptly, state })

    expect(failed.error).toMatchObject({ code: 'ETL_SINK_DENIED', retry: 'exhausted' })
    expect(failed.error?.message).toMatch(/ExpiredToken.*renew the credentials/)
    expect([report.status, report.loadId, idsAt(server, 'out/a.csv')]).toEqual(['succeeded', failed.loadId, ids(40)])
  })
})
