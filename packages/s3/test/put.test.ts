import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, operationsOf, s3World, textOf } from './support/world.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a put in one request', () => {
  test('carries a CRC32 in a header on AWS, and is signed whole elsewhere', async () => {
    await using aws = await awsWorld()
    await using own = await s3World()
    for (const world of [aws, own])
      await world.store.put(
        'a',
        (async function* () {
          yield bytes('some bytes')
        })(),
      )

    const [onAws, onOwn] = [aws, own].map(({ server }) => server.requests.at(-1)?.headers ?? {})

    expect([onAws?.['x-amz-checksum-crc32'], onOwn?.['x-amz-checksum-crc32']]).toEqual([expect.any(String), undefined])
    expect([onAws, onOwn].map(headers => headers?.['x-amz-content-sha256'])).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ])
  })

  test('takes a stream of up to two parts, where its size is known', async () => {
    await using world = await s3World({ partBytes: 5 * 1024 * 1024 })
    const chunk = new Uint8Array(4 * 1024 * 1024)
    const stream = async function* (chunks: number) {
      for (let left = chunks; left > 0; left--) yield chunk
    }

    for (const chunks of [2, 3]) await world.store.put(`of-${chunks}`, stream(chunks), { bytes: chunks * chunk.length })

    expect(world.server.requests.map(({ operation, key }) => `${operation} ${key}`)).toEqual([
      'PutObject of-2',
      'CreateMultipartUpload of-3',
      ...Array(3).fill('UploadPart of-3'),
      'CompleteMultipartUpload of-3',
    ])
    expect(world.server.get(bucket, 'of-2')?.bytes.length).toBe(2 * chunk.length)
  })

  test('goes to the bucket in the path with an endpoint of its own, in the host name on AWS', async () => {
    await using aws = await awsWorld()
    await using own = await s3World()
    for (const world of [aws, own]) await world.store.put('a', bytes('x'))

    expect([aws, own].map(({ server }) => server.requests[0]?.headers.host)).toEqual([
      'lake.s3.us-east-1.amazonaws.com',
      new URL(own.server.url).host,
    ])
  })

  test('keeps what was asked for beside the bytes', async () => {
    await using world = await s3World({
      metadata: { Owner: 'someone – ñ' },
      tags: { team: 'data & more', cost: '1+1' },
      storageClass: 'STANDARD_IA',
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'alias/lake',
    })

    await world.store.put('a', bytes('x'), { contentType: 'text/csv', metadata: { loadId: 'load-1' } })

    const kept = world.server.get(bucket, 'a')
    expect(kept).toMatchObject({
      contentType: 'text/csv',
      storageClass: 'STANDARD_IA',
      tags: { team: 'data & more', cost: '1+1' },
      metadata: { owner: 'someone %E2%80%93 %C3%B1', loadid: 'load-1' },
    })
    expect(Object.values(kept?.encryption ?? {})).toEqual(expect.arrayContaining(['aws:kms', 'alias/lake']))
  })

  test('whose answer is lost is found again, and is no conflict with itself', async () => {
    await using world = await awsWorld()
    world.server.createBucket('versions', { versioning: true })
    const store = world.open({ bucket: 'versions' })
    world.server.failWhen({ operation: 'PutObject' }, 'resetAfter')

    const info = await store.put('a', bytes('mine'), { condition: 'absent' })

    expect(await store.head('a')).toMatchObject({ etag: info.etag, bytes: 4 })
    expect(world.server.versionIds('versions', 'a')).toHaveLength(1)
  })

  test('is found again also when every answer is lost', async () => {
    await using world = await awsWorld()
    const { etag } = await world.store.put('a', bytes('before'))
    world.server.failWhen({ operation: 'PutObject', times: 2 }, 'resetAfter')

    const info = await world.store.put('a', bytes('after'), { condition: { etag } })

    expect([info.etag, await textOf(world.store, 'a', { ifMatch: info.etag })]).toEqual([
      (await world.store.head('a'))?.etag,
      'after',
    ])
  })

  test('that lost a race is told who won', async () => {
    await using world = await awsWorld()
    await world.store.put('a', bytes('theirs'), { metadata: { loadId: 'load-7' } })
    const there = await world.store.head('a')

    const error = await failureOf(world.store.put('a', bytes('mine'), { condition: 'absent' }))

    expect(error).toMatchObject({
      code: 'ETL_OBJECT_CONFLICT',
      retry: 'never',
      context: { expected: 'absent', found: there?.etag, loadId: 'load-7', key: 'a' },
    })
    expect(error.message).toContain('load-7')
  })

  test('is refused when another writer comes at that very moment', async () => {
    await using world = await awsWorld()
    const { etag } = await world.store.put('a', bytes('before'))
    world.server.failWhen({ operation: 'PutObject' }, { otherWriter: 'theirs' })

    const error = await failureOf(world.store.put('a', bytes('mine'), { condition: { etag } }))

    expect([error.code, error.context.found === etag]).toEqual(['ETL_OBJECT_CONFLICT', false])
    expect(Buffer.from(world.server.get(bucket, 'a')?.bytes ?? []).toString()).toBe('theirs')
  })

  test('on condition of a version is refused when the object is gone by then', async () => {
    await using world = await awsWorld()
    const { etag } = await world.store.put('a', bytes('before'))
    world.server.failWhen({ operation: 'PutObject' }, { otherWriter: null })

    const error = await failureOf(world.store.put('a', bytes('mine'), { condition: { etag } }))

    expect([error.code, error.context.found]).toEqual(['ETL_OBJECT_CONFLICT', null])
  })

  test('is tried again while S3 says that others are writing', async () => {
    await using world = await awsWorld()
    world.server.failWhen({ operation: 'PutObject', times: 3 }, 'conflict')

    await world.store.put('a', bytes('mine'), { condition: 'absent' })

    expect(operationsOf(world)).toEqual(['PutObject', 'PutObject', 'PutObject', 'PutObject'])
  })

  test('asks a server that compares etags without their quotes once more, and remembers', async () => {
    await using world = await s3World({}, { like: 'radosgw' })
    let { etag } = await world.store.put('a', bytes('1'))
    for (const text of ['2', '3']) ({ etag } = await world.store.put('a', bytes(text), { condition: { etag } }))

    expect(operationsOf(world)).toEqual(['PutObject', 'PutObject', 'HeadObject', 'PutObject', 'PutObject'])
    expect(await textOf(world.store, 'a', { ifMatch: etag })).toBe('3')
  })
})
