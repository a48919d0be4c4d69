import { describe, expect, test } from 'vitest'
import { awsWorld, bucket, failureOf, keysOf, operationsOf, s3World } from './support/world.js'

describe('a listing', () => {
  test('of 10,000 objects comes in pages, in order, and goes on after a page that failed', async () => {
    await using world = await awsWorld({ prefix: 'in' })
    const keys = Array.from({ length: 10_000 }, (_, index) => `day=${index % 10}/${String(index).padStart(6, '0')}`).sort()
    for (const key of keys) world.server.put(bucket, `in/${key}`, 'x')
    world.server.put(bucket, 'in-between', 'x')
    world.server.failWhen({ operation: 'ListObjectsV2', nth: 4 }, 'throttle')

    expect(await keysOf(world.store)).toEqual(keys)
    expect(operationsOf(world)).toHaveLength(11)
  })

  test('leaves out the markers of empty folders', async () => {
    await using world = await s3World()
    for (const key of ['in/', 'in/a', 'in/deep/']) world.server.put(bucket, key, '')

    expect(await keysOf(world.store)).toEqual(['in/a'])
  })

  test('asks for a page only when it is wanted', async () => {
    await using world = await s3World()
    for (let index = 0; index < 2_500; index++) world.server.put(bucket, `k${index}`, 'x')
    for await (const _ of world.store.list('')) break

    expect(operationsOf(world)).toEqual(['ListObjectsV2'])
  })
})

describe('deleting', () => {
  test('takes a thousand keys at a time', async () => {
    await using world = await awsWorld()
    const keys = Array.from({ length: 2_500 }, (_, index) => `k${index}`)
    for (const key of keys) world.server.put(bucket, key, 'x')

    await world.store.delete(keys)

    expect([world.server.objects(bucket).size, operationsOf(world)]).toEqual([0, Array(3).fill('DeleteObjects')])
  })

  test('names the keys that stay, and removes the others', async () => {
    await using world = await s3World({ prefix: 'in' })
    for (const key of ['a', 'b', 'c', 'd']) world.server.put(bucket, `in/${key}`, 'x')
    world.server.failWhen({ operation: 'DeleteObjects' }, { refuseKeys: ['in/b', 'in/c'] })

    const error = await failureOf(world.store.delete(['a', 'b', 'c', 'd']))

    expect([error.code, error.retry, error.context.failed]).toEqual(['ETL_SINK_DENIED', 'never', 2])
    expect(error.message).toMatch(/2 objects .*"b", "c"/)
    expect(await keysOf(world.store)).toEqual(['b', 'c'])
  })

  test('asks again for keys that S3 was too busy for', async () => {
    await using world = await s3World()
    for (const key of ['a', 'b', 'c']) world.server.put(bucket, key, 'x')
    world.server.failWhen({ operation: 'DeleteObjects', times: 2 }, { refuseKeys: ['b'], code: 'SlowDown' })

    await world.store.delete(['a', 'b', 'c'])

    expect(await keysOf(world.store)).toEqual([])
  })

  test('does not put into XML what XML cannot hold', async () => {
    await using world = await s3World()
    const keys = ['a\u0001b', 'plain', 'c\u001fd']
    for (const key of keys) await world.store.put(key, new Uint8Array(1))

    await world.store.delete(keys)

    expect(await keysOf(world.store)).toEqual([])
  })
})
