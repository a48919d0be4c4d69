import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, s3World, textOf } from './support/world.js'

const size = 3 << 20
/** Bytes that tell where they stood. */
const pattern = Buffer.from(Uint32Array.from({ length: size / 4 }, (_, index) => index).buffer)
const tail = async (body: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a body that is cut off', () => {
  test('is asked for again from where it ended, of the same version', async () => {
    await using world = await awsWorld()
    world.server.put(bucket, 'a', pattern)
    world.server.failWhen({ operation: 'GetObject', times: 2 }, 'truncated')

    const { info, body } = await world.store.get('a')

    expect((await tail(body)).equals(pattern)).toBe(true)
    const ranges = world.server.requests
      .filter(({ operation }) => operation === 'GetObject')
      .map(({ headers }) => [headers.range, headers['if-match']])
    expect(ranges).toEqual([
      [undefined, undefined],
      [`bytes=${size / 2}-${size - 1}`, `"${info.etag}"`],
      [expect.stringMatching(/^bytes=\d+-/), `"${info.etag}"`],
    ])
  })

  test('keeps to the range that was asked for', async () => {
    await using world = await awsWorld()
    world.server.put(bucket, 'a', pattern)
    world.server.failWhen({ operation: 'GetObject' }, 'truncated')

    const { info, body } = await world.store.get('a', { range: { start: 1000, end: 900_000 } })

    expect((await tail(body)).equals(pattern.subarray(1000, 900_000))).toBe(true)
    expect(info.bytes).toBe(size)
  })

  test('fails as unavailable when no byte comes any more', async () => {
    await using world = await awsWorld()
    world.server.put(bucket, 'a', pattern)
    world.server.failWhen({ operation: 'GetObject' }, 'truncated')
    world.server.failWhen({ operation: 'GetObject', nth: 2, times: 99 }, 'resetBefore')

    const error = await failureOf(world.store.get('a').then(({ body }) => tail(body)))

    expect([error.name, error.code, error.retry]).toEqual(['SourceError', 'ETL_SOURCE_UNAVAILABLE', 'later'])
  })

  test.each([
    ['replaced', 'something else'],
    ['deleted', null],
  ])('is a conflict when the object was %s meanwhile', async (_, otherWriter) => {
    await using world = await awsWorld()
    world.server.put(bucket, 'a', pattern)
    world.server.failWhen({ operation: 'GetObject' }, 'truncated')
    world.server.failWhen({ operation: 'GetObject', nth: 2 }, { otherWriter })

    const error = await failureOf(world.store.get('a').then(({ body }) => tail(body)))

    expect([error.name, error.code, error.context.key]).toEqual(['SourceError', 'ETL_OBJECT_CONFLICT', 'a'])
  })
})

describe('reading', () => {
  test('gives the connection back when it is left early, also before its first byte', async () => {
    await using world = await s3World()
    world.server.put(bucket, 'a', Buffer.alloc(64 << 20))
    for (let count = 0; count < 6; count++) {
      const { body } = await world.store.get('a')
      if (count % 2 === 0) for await (const _ of body) break
      else await body[Symbol.asyncIterator]().return?.()
    }

    // A body that nobody reads and nobody closes would stay half sent.
    await expect.poll(() => world.server.open).toBe(0)
    expect(world.server.requests).toHaveLength(6)
  })

  test('can ask for an earlier version', async () => {
    await using world = await awsWorld()
    world.server.createBucket('versions', { versioning: true })
    const store = world.open({ bucket: 'versions' })
    for (const text of ['first', 'second!', 'third']) world.server.put('versions', 'a', text)
    const [, second = ''] = world.server.versionIds('versions', 'a')

    expect(await textOf(store, 'a', { versionId: second })).toBe('second!')
    expect((await store.head('a', { versionId: second }))?.bytes).toBe(7)
    expect((await failureOf(store.get('a', { versionId: '0'.repeat(32) }))).retry).toBe('never')
  })
})

test('requests at once with one signal, as when many groups are looked at, are not taken for a leak', async () => {
  await using world = await s3World()
  const { signal } = new AbortController()
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)

  await Promise.all(Array.from({ length: 20 }, (_, number) => world.store.head(`a${number}`, { signal })))

  // Warnings are given out on a turn of their own.
  await new Promise(setImmediate)
  process.off('warning', note)
  expect(warnings.map(({ name }) => name)).not.toContain('MaxListenersExceededWarning')
})
