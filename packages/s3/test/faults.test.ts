import { inspect } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { quietly } from '@millrace/aws'
import { errorJson } from '@millrace/etl-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { s3State, s3Store } from '../src/index.js'
import { awsWorld, bucket, failureOf, keysOf, s3World, textOf } from './support/world.js'

const x = new TextEncoder().encode('x')

describe('a bucket', () => {
  test('that is not there is named, by reading and by writing', async () => {
    await using world = await awsWorld()
    const store = world.open({ bucket: 'nowhere' })

    const errors = [await failureOf(store.get('a')), await failureOf(store.put('a', x)), await failureOf(keysOf(store))]

    expect(errors.map(({ code, retry }) => [code, retry])).toEqual([
      ['ETL_SOURCE_NOT_FOUND', 'never'],
      ['ETL_SINK_NOT_FOUND', 'never'],
      ['ETL_SOURCE_NOT_FOUND', 'never'],
    ])
    expect(errors[1]?.message).toMatch(/Could not write "a" in s3:\/\/nowhere: NoSuchBucket \(HTTP 404\).*Create the bucket/)
  })

  test('in another region is answered with that region, also where only HEAD is asked', async () => {
    await using world = await awsWorld()
    world.server.createBucket('far', { region: 'eu-central-1' })
    const store = world.open({ bucket: 'far' })

    const errors = [await failureOf(store.put('a', x)), await failureOf(store.head('a')), await failureOf(keysOf(store))]

    for (const error of errors)
      expect([error.name, error.code, error.retry]).toEqual(['ConfigError', 'ETL_CONFIG_REGION', 'never'])
    for (const error of errors) expect(error.message).toMatch(/set AWS_REGION or the option `region` to eu-central-1/)
  })
})

describe('the environment', () => {
  const only = (names: Record<string, string | undefined>) => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_REGION'])
      vi.stubEnv(name, undefined)
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, 'no-such-file')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    for (const [name, value] of Object.entries(names)) vi.stubEnv(name, value)
  }
  afterEach(() => vi.unstubAllEnvs())

  test('is enough for a place: endpoint, region and credentials', async () => {
    await using world = await s3World()
    only(world.server.env())
    const state = s3State(`s3://${bucket}/states`)

    await state.save('head', { done: 3 }, 'absent')

    expect((await state.load('head'))?.value).toEqual({ done: 3 })
    expect([...world.server.objects(bucket).keys()]).toEqual(['states/head.json'])
  })

  test('without credentials is a matter of set-up, and the message says how to give them', async () => {
    await using world = await s3World()
    only({})

    const error = await failureOf(s3Store({ bucket, endpoint: world.server.url }).put('a', x))

    expect([error.name, error.code, error.retry]).toEqual(['ConfigError', 'ETL_CONFIG_CREDENTIALS', 'never'])
    expect(error.message).toMatch(/AWS_ACCESS_KEY_ID.*AWS_PROFILE.*role/)
    expect(world.server.requests).toEqual([])
  })

  test('without a region is a matter of set-up, too', async () => {
    only({ AWS_ENDPOINT_URL_S3: undefined, AWS_ENDPOINT_URL: undefined })

    const error = await failureOf(s3Store({ bucket }).put('a', x))

    expect([error.name, error.code, error.retry]).toEqual(['ConfigError', 'ETL_CONFIG_REGION', 'never'])
    expect(error.message).toMatch(/Region is missing.*AWS_REGION/)
  })
})

describe('credentials', () => {
  test('that are not allowed are told what to look at, also by HEAD, whose answer says nothing', async () => {
    await using world = await awsWorld()
    world.server.failWhen({ times: 9 }, 'denied')

    const errors = [await failureOf(world.store.head('a')), await failureOf(world.store.put('a', x))]

    expect(errors.map(({ code, retry }) => [code, retry])).toEqual([
      ['ETL_SOURCE_DENIED', 'never'],
      ['ETL_SINK_DENIED', 'never'],
    ])
    for (const error of errors) expect(error.message).toMatch(/AccessDenied \(HTTP 403\).*policies/)
  })

  test.each([
    ['AKIAUNKNOWN', 'secret', /InvalidAccessKeyId.*AWS_ACCESS_KEY_ID/],
    [undefined, 'hunter2-hunter2', /SignatureDoesNotMatch.*AWS_SECRET_ACCESS_KEY/],
  ])('that are wrong say which half is (%s)', async (accessKeyId, secretAccessKey, says) => {
    await using world = await s3World()
    const store = world.open({
      credentials: { accessKeyId: accessKeyId ?? world.server.credentials.accessKeyId, secretAccessKey },
    })

    const error = await failureOf(store.head('a'))

    expect([error.code, error.retry]).toEqual(['ETL_SOURCE_DENIED', 'never'])
    expect(error.message).toMatch(says)
    expect(`${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(errorJson(error))}`).not.toContain('hunter2')
  })

  test('that end while a run is under way are denied, without the token in the error', async () => {
    await using world = await s3World()
    const session = { accessKeyId: 'ASIASESSION', secretAccessKey: 'secret-of-session', sessionToken: 'token-of-session' }
    world.server.addCredentials(session)
    const store = world.open({ credentials: session })
    await store.put('a', x)
    world.server.expireCredentials({ accessKeyId: session.accessKeyId })

    const error = await failureOf(store.put('b', x))

    expect([error.code, error.retry]).toEqual(['ETL_SINK_DENIED', 'later'])
    expect(error.message).toMatch(/ExpiredToken.*renew the credentials/)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/(token|secret)-of-session/)
  })

  test('that a function renews in time go on working', async () => {
    await using world = await s3World()
    const sessions = ['1', '2'].map(no => ({
      accessKeyId: `ASIA${no}`,
      secretAccessKey: `secret ${no}`,
      sessionToken: `token ${no}`,
    }))
    for (const session of sessions) world.server.addCredentials(session)
    let asked = 0
    const credentials = async () => ({
      ...(sessions[Math.min(asked++, 1)] as (typeof sessions)[0]),
      expiration: new Date(Date.now() + 1_000),
    })
    const store = world.open({ credentials })
    await store.put('a', x)
    world.server.expireCredentials({ accessKeyId: 'ASIA1' })

    await store.put('b', x)

    expect(await keysOf(store)).toEqual(['a', 'b'])
  })
})

describe('S3 being busy or away', () => {
  test('is waited out', async () => {
    await using world = await s3World()
    world.server.failWhen({ operation: 'PutObject' }, 'throttle')
    world.server.failWhen({ operation: 'HeadObject' }, 'internalError')
    world.server.failWhen({ operation: 'GetObject' }, 'resetBefore')
    await world.store.put('a', x)

    expect([(await world.store.head('a'))?.bytes, await textOf(world.store, 'a')]).toEqual([1, 'x'])
    expect(world.server.requests).toHaveLength(6)
  })

  test.each([
    ['throttle', 'ETL_SINK_RATE_LIMITED', /SlowDown \(HTTP 503\) after 2 attempts.*lower the concurrency/],
    ['internalError', 'ETL_SINK_UNAVAILABLE', /InternalError \(HTTP 500\) after 2 attempts/],
    ['resetBefore', 'ETL_SINK_UNAVAILABLE', /ECONNRESET.*cut off|EPIPE.*cut off/],
  ] as const)('for too long (%s) may be tried again later', async (fault, code, says) => {
    await using world = await awsWorld()
    world.server.failNext(fault, 9)

    const error = await failureOf(world.store.put('a', x))

    expect([error.code, error.retry]).toEqual([code, 'later'])
    expect(error.message).toMatch(says)
  })

  test('with nothing behind the endpoint says what to check', async () => {
    const store = s3Store({
      bucket,
      endpoint: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    })

    const error = await failureOf(store.head('a'))

    expect([error.code, error.retry]).toEqual(['ETL_SOURCE_UNAVAILABLE', 'later'])
    expect(error.message).toMatch(/ECONNREFUSED.*check the endpoint/)
  })

  test('without a word is ended by the signal', async () => {
    await using world = await s3World()
    world.server.failNext({ delayMs: 5_000 })
    const stop = new AbortController()
    const reason = new Error('enough')
    const reading = world.store.head('a', { signal: stop.signal })
    setTimeout(() => stop.abort(reason), 20)

    await expect(reading).rejects.toBe(reason)
  })
})

describe("this computer's clock", () => {
  test.each([-20, -10, 10, 20])('may be %i minutes off', async minutes => {
    await using world = await awsWorld({}, { clockOffsetMs: minutes * 60_000 })

    await world.store.put('a', x)

    expect(await textOf(world.store, 'a')).toBe('x')
  })

  test('is named, with the difference, where the client may not correct it', async () => {
    await using world = await s3World({}, { clockOffsetMs: 20 * 60_000 })
    const { endpoint, credentials } = world.server.clientConfig()
    const client = quietly(
      () => new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 }),
    )

    const error = await failureOf(s3Store({ bucket, client }).put('a', x))

    expect([error.code, error.retry]).toEqual(['ETL_SINK_DENIED', 'never'])
    expect(error.message).toMatch(/RequestTimeTooSkewed.*clock is 20 minutes behind S3's/)
  })
})
