import { setTimeout as sleep } from 'node:timers/promises'
import { isEtlError } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, mebibytes, operationsOf, type S3World, s3World } from './support/world.js'

const mebibyte = 1 << 20
/** Parts of 5 MiB: a body of 12 MiB has three. */
const small = { partBytes: 5 * mebibyte }
const unfinished = ({ server }: S3World) => server.unfinishedUploads(bucket).length
const there = ({ server }: S3World, key = 'big') => server.get(bucket, key)?.bytes.length

describe('a put of many parts', () => {
  test('has parts of 8 MiB, and its bytes in order', async () => {
    await using world = await awsWorld()

    const info = await world.store.put('big', mebibytes(20))

    const kept = world.server.get(bucket, 'big')
    expect(kept?.partSizes).toEqual([8 * mebibyte, 8 * mebibyte, 4 * mebibyte])
    expect(Array.from({ length: 20 }, (_, index) => kept?.bytes[index * mebibyte + 5])).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    )
    expect(info).toMatchObject({ bytes: 20 * mebibyte, etag: kept?.etag })
  })

  test('is one request up to the size of a part, or of two where the bytes are at hand', async () => {
    await using world = await awsWorld(small)
    await world.store.put('stream', mebibytes(5))
    await world.store.put('bytes', new Uint8Array(10 * mebibyte))

    expect(operationsOf(world)).toEqual(['PutObject', 'PutObject'])
  })

  test('cuts bytes at hand as it cuts streams', async () => {
    await using world = await awsWorld(small)

    await world.store.put('big', new Uint8Array(12 * mebibyte).fill(7), { contentType: 'text/csv', metadata: { loadId: 'x' } })

    expect(world.server.get(bucket, 'big')).toMatchObject({
      partSizes: [5 * mebibyte, 5 * mebibyte, 2 * mebibyte],
      contentType: 'text/csv',
      metadata: { loadid: 'x' },
    })
  })

  test('holds two parts at a time, the one that is being filled among them', async () => {
    await using world = await awsWorld(small)
    world.server.failWhen({ operation: 'UploadPart', times: 9 }, { delayMs: 60 })
    const seen: number[] = []
    const body = async function* () {
      for await (const chunk of mebibytes(27)) {
        await sleep(3)
        seen.push(world.server.open)
        yield chunk
      }
    }

    await world.store.put('big', body())

    expect(Math.max(...seen)).toBe(1)
    expect(there(world)).toBe(27 * mebibyte)
  })

  test('leaves nothing unfinished when its body breaks', async () => {
    await using world = await awsWorld(small)
    const boom = new Error('the source broke')
    const body = async function* () {
      yield* mebibytes(13)
      throw boom
    }

    await expect(world.store.put('big', body())).rejects.toBe(boom)

    expect([unfinished(world), there(world)]).toEqual([0, undefined])
  })

  test('leaves nothing unfinished when it is stopped', async () => {
    await using world = await awsWorld(small)
    const stop = new AbortController()
    const reason = new Error('enough')
    let closed = false
    const body = async function* () {
      try {
        for await (const chunk of mebibytes(100)) {
          if (chunk[0] === 17) stop.abort(reason)
          yield chunk
        }
      } finally {
        closed = true
      }
    }

    await expect(world.store.put('big', body(), { signal: stop.signal })).rejects.toBe(reason)

    expect([unfinished(world), there(world), closed]).toEqual([0, undefined, true])
  })

  test('leaves nothing unfinished when it is stopped while its upload is being begun', async () => {
    await using world = await awsWorld(small)
    world.server.failWhen({ operation: 'CreateMultipartUpload' }, { delayMs: 60, where: 'answer' })
    const stop = new AbortController()
    const reason = new Error('enough')
    const putting = world.store.put('big', mebibytes(12), { signal: stop.signal })
    while (unfinished(world) === 0) await sleep(1)
    stop.abort(reason)

    await expect(putting).rejects.toBe(reason)

    expect([unfinished(world), there(world)]).toEqual([0, undefined])
  })

  test.each([
    ['WHEN_SUPPORTED', 'CRC32'],
    ['WHEN_REQUIRED', undefined],
  ] as const)('agrees on checksums with a client that has them %s', async (requestChecksumCalculation, algorithm) => {
    await using world = await awsWorld(small, {}, { requestChecksumCalculation })

    await world.store.put('big', mebibytes(12))

    expect(world.server.requests[0]?.headers['x-amz-checksum-algorithm']).toBe(algorithm)
    expect(there(world)).toBe(12 * mebibyte)
  })

  test.each([
    ['UploadPart', 'denied', 'ETL_SINK_DENIED', 'never'],
    ['UploadPart', 'throttle', 'ETL_SINK_RATE_LIMITED', 'later'],
    ['UploadPart', 'resetBefore', 'ETL_SINK_UNAVAILABLE', 'later'],
    ['CompleteMultipartUpload', 'denied', 'ETL_SINK_DENIED', 'never'],
    ['CompleteMultipartUpload', 'errorIn200', 'ETL_SINK_UNAVAILABLE', 'later'],
    ['CompleteMultipartUpload', 'resetBefore', 'ETL_SINK_UNAVAILABLE', 'later'],
    ['CreateMultipartUpload', 'denied', 'ETL_SINK_DENIED', 'never'],
  ] as const)('leaves nothing unfinished after %s answered %s', async (operation, fault, code, retry) => {
    await using world = await awsWorld(small)
    let closed = false
    const body = async function* () {
      try {
        yield* mebibytes(40)
      } finally {
        closed = true
      }
    }
    world.server.failWhen({ operation, times: 9 }, fault)

    const error = await failureOf(world.store.put('big', body()))

    expect([error.code, error.retry, unfinished(world), there(world), closed]).toEqual([code, retry, 0, undefined, true])
  })

  test('goes on after a part that S3 was too busy for', async () => {
    await using world = await awsWorld(small)
    world.server.failWhen({ operation: 'UploadPart' }, 'throttle')

    await world.store.put('big', mebibytes(12))

    expect(there(world)).toBe(12 * mebibyte)
  })
})

describe('a completion whose answer is lost', () => {
  test.each(['same', 'preconditionFailed', 'noSuchUpload'] as const)(
    'is found again where a repetition answers %s',
    async repeatedComplete => {
      await using world = await awsWorld(small, { repeatedComplete })
      world.server.createBucket('versions', { versioning: true })
      const store = world.open({ bucket: 'versions' })
      world.server.failWhen({ operation: 'CompleteMultipartUpload' }, 'resetAfter')

      const info = await store.put('big', mebibytes(12), { condition: 'absent' })

      expect((await store.head('big'))?.etag).toBe(info.etag)
      expect(world.server.versionIds('versions', 'big')).toHaveLength(1)
      expect(world.server.unfinishedUploads('versions')).toEqual([])
    },
  )

  test('is found again when no repetition is answered either', async () => {
    await using world = await awsWorld(small, { repeatedComplete: 'noSuchUpload' })
    world.server.failWhen({ operation: 'CompleteMultipartUpload', times: 2 }, 'resetAfter')

    const info = await world.store.put('big', mebibytes(12))

    expect(info).toMatchObject({ bytes: 12 * mebibyte, etag: world.server.get(bucket, 'big')?.etag })
  })
})

describe('a completion on condition', () => {
  test('is refused when another writer was faster, who stays', async () => {
    await using world = await awsWorld(small)
    world.server.failWhen({ operation: 'CompleteMultipartUpload' }, { otherWriter: 'theirs' })

    const error = await failureOf(world.store.put('big', mebibytes(12), { condition: 'absent' }))

    expect([error.code, unfinished(world), there(world)]).toEqual(['ETL_OBJECT_CONFLICT', 0, 6])
  })

  test('is tried again while S3 says that others are writing', async () => {
    await using world = await awsWorld(small)
    world.server.failWhen({ operation: 'CompleteMultipartUpload', times: 2 }, 'conflict')

    await world.store.put('big', mebibytes(12), { condition: 'absent' })

    expect([there(world), unfinished(world)]).toEqual([12 * mebibyte, 0])
  })

  test('lets one of several writers win', async () => {
    await using world = await awsWorld(small)

    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => world.open().put('big', mebibytes(11), { condition: 'absent' })),
    )

    const lost = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(lost.map(error => isEtlError(error, 'ETL_OBJECT_CONFLICT'))).toEqual([true, true, true, true])
    expect(unfinished(world)).toBe(0)
  })

  test('looks first on servers that may not know conditions here', async () => {
    await using world = await s3World(small, { like: 'radosgw' })
    world.server.put(bucket, 'big', 'theirs')

    const error = await failureOf(world.store.put('big', mebibytes(12), { condition: 'absent' }))

    expect([error.code, unfinished(world), there(world)]).toEqual(['ETL_OBJECT_CONFLICT', 0, 6])
    expect(operationsOf(world)).not.toContain('CompleteMultipartUpload')
  })
})

describe('assembling', () => {
  const objects = (world: S3World) => {
    world.server.put(bucket, 'parts/1', new Uint8Array(6 * mebibyte).fill(1))
    world.server.put(bucket, 'parts/2', new Uint8Array(7 * mebibyte).fill(2))
    return [{ bytes: new Uint8Array(10) }, { key: 'parts/1' }, { key: 'parts/2' }]
  }

  test('lets S3 copy what is large: only the edges go over the wire', async () => {
    await using world = await awsWorld(small)
    const pieces = objects(world)

    await world.store.assemble('big', pieces)

    expect(there(world)).toBe(13 * mebibyte + 10)
    expect(operationsOf(world)).toEqual([
      ...['HeadObject', 'HeadObject', 'CreateMultipartUpload'],
      ...[expect.any(String), expect.any(String), expect.any(String)],
      'CompleteMultipartUpload',
    ])
    const sent = world.server.requests.filter(({ operation }) => operation === 'UploadPart' || operation === 'UploadPartCopy')
    expect(sent.map(({ operation, bytesIn }) => [operation, bytesIn]).sort()).toEqual([
      ['UploadPart', 6 * mebibyte + 10],
      ['UploadPartCopy', 0],
    ])
  })

  test('begins anew when its upload is gone', async () => {
    await using world = await awsWorld(small)
    const pieces = objects(world)
    world.server.failWhen({ operation: 'CompleteMultipartUpload' }, { status: 404, code: 'NoSuchUpload' })

    await world.store.assemble('big', pieces)

    expect([there(world), unfinished(world)]).toEqual([13 * mebibyte + 10, 0])
    expect(operationsOf(world).filter(operation => operation === 'CreateMultipartUpload')).toHaveLength(2)
  })

  test.each(['UploadPartCopy', 'UploadPart', 'GetObject'] as const)(
    'leaves nothing unfinished when %s is denied',
    async operation => {
      await using world = await awsWorld(small)
      const pieces = objects(world)
      world.server.failWhen({ operation }, 'denied')

      const error = await failureOf(world.store.assemble('big', pieces))

      expect([error.code, error.name, unfinished(world), there(world)]).toEqual(['ETL_SINK_DENIED', 'SinkError', 0, undefined])
    },
  )

  test('fails when a piece is replaced meanwhile, naming it', async () => {
    await using world = await awsWorld(small)
    const pieces = objects(world)
    const replace = world.server.failWhen({ operation: 'CreateMultipartUpload' }, { delayMs: 50 })
    const assembling = failureOf(world.store.assemble('big', pieces))
    while (!operationsOf(world).includes('CreateMultipartUpload')) await sleep(1)
    world.server.put(bucket, 'parts/2', new Uint8Array(7 * mebibyte))

    const error = await assembling
    replace()

    expect([error.code, error.context.key, unfinished(world)]).toEqual(['ETL_OBJECT_CONFLICT', 'parts/2', 0])
  })
})
