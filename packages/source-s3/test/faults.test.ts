import { definePipeline, from, memoryState, type RunOptions, run } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { type S3Server, type S3ServerOptions, s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type S3SourceOptions, s3Source } from '../src/index.js'

interface Row {
  readonly id: string
}

const text = (rows: number, name = 'row') => `id\n${Array.from({ length: rows }, (_, i) => `${name} ${i}`).join('\n')}\n`
const promptly: RunOptions = {
  flushEvery: { batches: 1, intervalMs: 3_600_000 },
  retry: { attempts: 2, firstMs: 1, maxMs: 2 },
}

/** A server with the bucket `incoming`, and runs from it into a memory that outlives them. */
async function incoming(options: S3ServerOptions = {}) {
  const server = await s3Server({ buckets: ['incoming'], ...options })
  onTestFinished(async () => {
    await server.close()
    expect(server.unsupported).toEqual([])
  })
  const { endpoint, credentials } = server.clientConfig()
  const sink = memorySink<Row>({ disposition: 'replace' })
  const state = memoryState()
  const load = (more: Partial<S3SourceOptions<Row>> = {}, how: RunOptions = {}) => {
    const source = s3Source<Row>({ bucket: 'incoming', endpoint, credentials, maxAttempts: 2, format: csv<Row>(), ...more })
    return run(definePipeline({ name: 'orders', build: () => from(source).into(sink) }), {}, { ...promptly, state, ...how })
  }
  return { server, load, ids: () => sink.visible().map(({ id }) => id) }
}

describe('a run from a bucket', () => {
  test('that is missing says to create it or to correct its name', async () => {
    const { load } = await incoming()

    await expect(load({ bucket: 'nowhere' })).rejects.toMatchObject({
      name: 'SourceError',
      code: 'ETL_SOURCE_NOT_FOUND',
      retry: 'never',
      message: expect.stringMatching(/NoSuchBucket.*Create the bucket, or correct its name/),
    })
  })

  test('in another region names that region, and reads from there once told', async () => {
    const { server, load, ids } = await incoming()
    server.createBucket('far', { region: 'eu-central-1' })
    server.put('far', 'a.csv', text(2))

    await expect(load({ bucket: 'far' })).rejects.toMatchObject({
      code: 'ETL_CONFIG_REGION',
      message: expect.stringContaining('to eu-central-1'),
    })
    await load({ bucket: 'far', region: 'eu-central-1' })
    expect(ids()).toEqual(['row 0', 'row 1'])
  })

  test('that denies listing ends as the source; one that denies an object fails that one alone', async () => {
    const { server, load, ids } = await incoming()
    for (const name of ['a', 'b']) server.put('incoming', `${name}.csv`, text(1, name))
    const stop = server.failWhen({ operation: 'ListObjectsV2', times: 99 }, 'denied')
    await expect(load()).rejects.toMatchObject({ code: 'ETL_SOURCE_DENIED', retry: 'never' })
    stop()
    server.failWhen({ operation: 'GetObject', key: 'a.csv', times: 99 }, 'denied')

    const report = await load()

    expect([report.status, report.error?.code, report.error?.retry, ids()]).toEqual([
      'failed',
      'ETL_SOURCE_DENIED',
      'never',
      ['b 0'],
    ])
  })

  test('that is too busy now and then is as one that is not', async () => {
    const { server, load, ids } = await incoming()
    for (const name of ['a', 'b', 'c']) server.put('incoming', `${name}.csv`, text(1, name))
    for (const nth of [1, 3]) server.failWhen({ nth }, 'throttle')

    expect([(await load()).status, ids()]).toEqual(['succeeded', ['a 0', 'b 0', 'c 0']])
    expect(server.requests.filter(({ code }) => code === 'SlowDown')).toHaveLength(2)
  })

  test('that is too busy for ever has its attempts exhausted, and the next run reads it', async () => {
    const { server, load, ids } = await incoming()
    server.put('incoming', 'a.csv', text(2))
    server.failWhen({ operation: 'GetObject', times: 999 }, 'throttle')

    const failed = await load()
    server.clearFaults()
    const report = await load()

    expect(failed.error).toMatchObject({
      code: 'ETL_SOURCE_RATE_LIMITED',
      retry: 'exhausted',
      message: expect.stringMatching(/SlowDown \(HTTP 503\) after 2 attempts/),
    })
    expect([report.status, report.loadId, ids()]).toEqual(['succeeded', failed.loadId, ['row 0', 'row 1']])
  })

  test.each([
    ['key', { accessKeyId: 'AKIAUNKNOWN' }, /InvalidAccessKeyId.*AWS_ACCESS_KEY_ID/],
    ['secret', { secretAccessKey: 'hunter2-hunter2' }, /SignatureDoesNotMatch.*AWS_SECRET_ACCESS_KEY/],
  ])('with a wrong %s says which half is wrong', async (_, wrong, says) => {
    const { server, load } = await incoming()

    const error = await load({ credentials: { ...server.credentials, ...wrong } }).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'ETL_SOURCE_DENIED', message: expect.stringMatching(says) })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2')
  })

  test('whose credentials end meanwhile fails clearly, and the next run goes on behind what was read', async () => {
    const { server, load, ids } = await incoming()
    server.put('incoming', 'a.csv', text(60_000))
    const session = { accessKeyId: 'ASIA1', secretAccessKey: 'secret-of-session', sessionToken: 'token-of-session' }
    server.addCredentials(session)
    // The download breaks in its middle, and what asks for the rest is told that the session has ended.
    server.failWhen({ operation: 'GetObject' }, 'truncated')
    server.expireCredentials({ accessKeyId: session.accessKeyId, fromRequest: 3 })

    const failed = await load({ credentials: session })
    const report = await load()

    expect(failed.error).toMatchObject({ code: 'ETL_SOURCE_DENIED', message: expect.stringMatching(/ExpiredToken.*renew/) })
    expect([report.loadId, report.attempt, report.splits[0]?.attempts]).toEqual([failed.loadId, 2, 1])
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/)
    expect([report.status, ids().length, new Set(ids()).size]).toEqual(['succeeded', 60_000, 60_000])
  })

  test('whose credentials are renewed by a function goes on', async () => {
    const { server, load, ids } = await incoming()
    for (let file = 0; file < 10; file++) server.put('incoming', `${file}.csv`, text(1, `${file}`))
    const session = (no: number) => ({ accessKeyId: `ASIA${no}`, secretAccessKey: `secret ${no}`, sessionToken: `token ${no}` })
    for (const no of [1, 2]) server.addCredentials(session(no))
    server.expireCredentials({ accessKeyId: 'ASIA1', fromRequest: 6 })
    const credentials = async () => ({
      ...session(server.requests.length < 5 ? 1 : 2),
      expiration: new Date(Date.now() + 1_000),
    })

    const report = await load({ credentials }, { concurrency: 1 })

    expect([report.status, ids().length]).toEqual(['succeeded', 10])
    expect(server.requests.filter(({ code }) => code === 'ExpiredToken')).toEqual([])
  })

  test.each([-30, -10, 10, 30])('whose clock differs by %i minutes is read all the same', async minutes => {
    const { server, load, ids } = await incoming({ clockOffsetMs: minutes * 60_000 })
    server.put('incoming', 'a.csv', text(1))

    expect([(await load()).status, ids()]).toEqual(['succeeded', ['row 0']])
  })
})

describe('an object that is replaced while it is read', () => {
  test('is read again from its start, and nothing of the old one arrives', async () => {
    const { server, load, ids } = await incoming()
    server.put('incoming', 'a.csv', text(50_000, 'old'))
    server.failWhen({ operation: 'GetObject' }, 'truncated')
    server.failWhen({ operation: 'GetObject', nth: 2 }, { otherWriter: text(40_000, 'new') })
    const seen: string[] = []

    const report = await load({}, { onEvent: event => void (event.type === 'split.retry' && seen.push(event.error.code)) })

    expect(seen[0]).toBe('ETL_SOURCE_CHANGED')
    expect([ids().length, ids().every(id => id.startsWith('new'))]).toEqual([40_000, true])
    expect(report.notes.join()).toContain('what it changed is planned anew')
    expect((await load()).status).toBe('unchanged')
  })

  test('and again and again fails with ETL_SOURCE_CHANGED, and nothing of it arrives', async () => {
    const { server, load, ids } = await incoming()
    server.put('incoming', 'a.csv', text(50, 'old'))
    let version = 0
    for (let nth = 1; nth < 40; nth++)
      server.failWhen({ operation: 'GetObject', nth }, { otherWriter: text(50, `version ${version++}`) })

    const report = await load()

    expect([report.status, report.error?.code, ids()]).toEqual(['failed', 'ETL_SOURCE_CHANGED', []])
    expect(report.error?.message).toContain('s3://incoming/a.csv was changed while it was read')
  })
})

describe('an object that is replaced after it was looked for by its etag', () => {
  test('fails once, and is not planned anew', async () => {
    const { server, load, ids } = await incoming()
    const { etag } = server.put('incoming', 'a.csv', text(50, 'old'))
    server.failWhen({ operation: 'GetObject' }, { otherWriter: text(50, 'new') })

    const report = await load({ keys: [{ key: 'a.csv', etag }] })

    expect([report.status, report.error?.code, ids()]).toEqual(['failed', 'ETL_SOURCE_REPLACED', []])
    expect(server.requests.filter(({ operation }) => operation === 'GetObject')).toHaveLength(1)
  })
})

describe('versions', () => {
  async function versioned(): Promise<{
    server: S3Server
    load: Awaited<ReturnType<typeof incoming>>['load']
    ids: () => string[]
  }> {
    const { server, load, ids } = await incoming()
    server.createBucket('versions', { versioning: true })
    for (const name of ['first', 'second', 'third']) server.put('versions', 'a.csv', text(2, name))
    return { server, load: more => load({ bucket: 'versions', ...more }), ids }
  }

  test('a version that is named is read, also when the object is deleted by then', async () => {
    const { server, load, ids } = await versioned()
    const [, versionId = ''] = server.versionIds('versions', 'a.csv')
    server.delete('versions', 'a.csv')

    const report = await load({ keys: [{ key: 'a.csv', versionId }] })

    expect([report.status, ids()]).toEqual(['succeeded', ['second 0', 'second 1']])
    const reads = server.requests.filter(({ operation }) => operation === 'GetObject' || operation === 'HeadObject')
    expect(reads.map(({ query }) => query.versionId)).toEqual(reads.map(() => versionId))
  })

  test('a download of a named version that is cut off goes on within that version', async () => {
    const { server, load, ids } = await versioned()
    const { versionId } = server.put('versions', 'big.csv', text(50_000, 'old'))
    server.put('versions', 'big.csv', text(50_000, 'new'))
    server.failWhen({ operation: 'GetObject' }, 'truncated')

    await load({ keys: [{ key: 'big.csv', versionId }] })

    expect([ids().length, ids().every(id => id.startsWith('old'))]).toEqual([50_000, true])
  })

  test('a version that is no more fails its group alone', async () => {
    const { server, load, ids } = await versioned()
    server.put('versions', 'b.csv', text(1, 'b'))

    const report = await load({ keys: [{ key: 'a.csv', versionId: '0'.repeat(32) }, 'b.csv'] })

    expect([report.status, report.error?.code, ids()]).toEqual(['failed', 'ETL_SOURCE_NOT_FOUND', ['b 0']])
  })

  test('a version and an etag together are read only if they belong together', async () => {
    const { server, load, ids } = await versioned()
    const [first = ''] = server.versionIds('versions', 'a.csv')
    const { etag } = server.put('incoming', 'same.csv', text(2, 'first'))

    const wrong = await load({ keys: [{ key: 'a.csv', versionId: first, etag: '0'.repeat(32) }] })
    const right = await load({ keys: [{ key: 'a.csv', versionId: first, etag }] })

    expect([wrong.error?.code, right.status, ids()]).toEqual(['ETL_SOURCE_REPLACED', 'succeeded', ['first 0', 'first 1']])
  })
})
