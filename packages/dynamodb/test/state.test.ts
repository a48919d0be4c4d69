import { randomBytes } from 'node:crypto'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { isEtlError } from '@millrace/etl-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type DynamoServer, startDynamo } from './support/server.js'
import { newPartition, noise, storeIn, tiny } from './support/store.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterEach(() => {
  server.faultOf = undefined
})
afterAll(() => server.close())

const code = (error: unknown) => (isEtlError(error) ? error.code : error)
const once = <F>(matches: (operation: string) => boolean, fault: F) => {
  let done = false
  return ({ operation }: { readonly operation: string }): F | undefined => {
    if (done || !matches(operation)) return undefined
    done = true
    return fault
  }
}
const every = (operation: string, fault: 'loseAnswer') => (call: { readonly operation: string }) =>
  call.operation === operation ? fault : undefined

describe('a small document', () => {
  test('is one item, as text that people can read', async () => {
    const partition = newPartition()
    const version = await storeIn(server, partition).save('head', { epoch: 1, text: 'ñ 東京' }, 'absent')

    expect(await server.items(partition)).toEqual([
      { pk: { S: partition }, sk: { S: 'head' }, version: { S: version }, json: { S: '{"epoch":1,"text":"ñ 東京"}' } },
    ])
  })

  test('is saved, loaded and removed by one request each', async () => {
    const store = storeIn(server, newPartition())
    server.takeCalls()
    const version = await store.save('head', 1, 'absent')
    await store.load('head')
    await store.remove('head', await store.save('head', 2, version))

    expect(server.takeCalls().map(({ operation }) => operation)).toEqual(['PutItem', 'GetItem', 'PutItem', 'DeleteItem'])
  })

  test('of some size is packed', async () => {
    const partition = newPartition()
    await storeIn(server, partition).save('plan', { text: 'again and again '.repeat(5_000) }, 'absent')

    const [item] = await server.items(partition)
    expect(item?.gzip?.B?.length).toBeLessThan(2_000)
  })
})

describe('a race', () => {
  test.each([
    ['documents in items', undefined],
    ['documents in parts', tiny],
  ])('of 50 writers has one winner: %s', async (_, sizes) => {
    const partition = newPartition()
    const version = await storeIn(server, partition, sizes).save('head', { writer: -1 }, 'absent')
    const racing = Array.from({ length: sizes ? 10 : 50 }, (_, writer) =>
      storeIn(server, partition, sizes).save('head', { writer }, version),
    )
    const ends = await Promise.allSettled(racing)
    const winners = ends.flatMap((end, writer) => (end.status === 'fulfilled' ? [{ writer, version: end.value }] : []))

    expect(winners).toHaveLength(1)
    expect(await storeIn(server, partition, sizes).load('head')).toEqual({
      value: { writer: winners[0]?.writer },
      version: winners[0]?.version,
    })
    expect(new Set(ends.flatMap(end => (end.status === 'rejected' ? [code(end.reason)] : [])))).toEqual(
      new Set(['ETL_STATE_CONFLICT']),
    )
  })
})

describe('a write whose answer was lost', () => {
  test('is asked again by the SDK, refused because of itself, and known again', async () => {
    const store = storeIn(server, newPartition())
    server.faultOf = once(operation => operation === 'PutItem', 'loseAnswer')

    const version = await store.save('head', 1, 'absent')

    expect(await store.load('head')).toEqual({ value: 1, version })
  })

  test('every time is known again, too', async () => {
    const store = storeIn(server, newPartition())
    const first = await store.save('head', 1, 'absent')
    server.faultOf = every('PutItem', 'loseAnswer')

    const version = await store.save('head', 2, first)

    expect(await store.load('head')).toEqual({ value: 2, version })
  })

  test('is known again where the document is large', async () => {
    const store = storeIn(server, newPartition(), tiny)
    server.faultOf = every('PutItem', 'loseAnswer')
    const saving = store.save('head', { text: noise(300) }, 'absent')

    // The first request of all has no condition, and its answer never comes.
    expect(await saving.catch(code)).toBe('ETL_STATE_UNAVAILABLE')
    server.faultOf = once(operation => operation === 'PutItem', 'loseAnswer')
    const version = await store.save('head', { text: 'x' }, 'absent')
    expect(await store.load('head')).toEqual({ value: { text: 'x' }, version })
  })

  test('is a removal all the same', async () => {
    const store = storeIn(server, newPartition())
    const first = await store.save('head', 1, 'absent')
    server.faultOf = once(operation => operation === 'DeleteItem', 'loseAnswer')
    await store.remove('head', first)
    const second = await store.save('head', 1, 'absent')
    server.faultOf = every('DeleteItem', 'loseAnswer')
    await store.remove('head', second)
    server.faultOf = undefined

    expect(await store.load('head')).toBeUndefined()
    expect(await store.remove('head', second).catch(code)).toBe('ETL_STATE_CONFLICT')
  })

  test('is a conflict where someone else has saved', async () => {
    const partition = newPartition()
    const [store, other] = [storeIn(server, partition), storeIn(server, partition)]
    const first = await store.save('head', 1, 'absent')
    const theirs = await other.save('head', 2, first)
    server.faultOf = once(operation => operation === 'PutItem', 'loseAnswer')

    const refused = await store.save('head', 3, first).catch(error => error)

    expect(refused).toMatchObject({ code: 'ETL_STATE_CONFLICT', context: { expected: first, found: theirs } })
  })
})

describe('a listing', () => {
  test('goes over pages of a megabyte, in order, without what others are about to save', async () => {
    const partition = newPartition()
    const store = storeIn(server, partition)
    const keys = Array.from({ length: 45 }, (_, at) => `rejects/${String(at).padStart(3, '0')}`)
    for (const key of keys) await store.save(key, { text: noise(75_000) }, 'absent')
    await server.client.send(
      new PutItemCommand({
        TableName: server.table,
        Item: { pk: { S: partition }, sk: { S: 'rejects/0' }, version: { S: 'x' }, pending: { BOOL: true } },
      }),
    )
    server.takeCalls()
    const found: string[] = []
    for await (const key of store.list('rejects/')) found.push(key)

    expect(found).toEqual(keys)
    expect(server.takeCalls().length).toBeGreaterThan(2)
  })

  test('of a prefix longer than any key is empty', async () => {
    const found: string[] = []
    for await (const key of storeIn(server, newPartition()).list('x'.repeat(2_000))) found.push(key)

    expect(found).toEqual([])
  })
})

describe('a key', () => {
  test('may have all the bytes a sort key has, and one more is refused', async () => {
    const store = storeIn(server, newPartition(), tiny)
    const longest = `${'x'.repeat(160)}/`.repeat(6) + 'y'.repeat(58)
    await store.save(longest, { text: noise(200) }, 'absent')

    expect(longest).toHaveLength(1_024)
    expect((await store.load(longest))?.value).toBeDefined()
    await expect(store.load(`${longest}y`)).rejects.toMatchObject({
      code: 'ETL_STATE_KEY',
      message: expect.stringContaining('1025 bytes'),
    })
  })

  test.each(['', 'a b', 'a//b', '../a', 'a/..', '/a', 'ü', 'x'.repeat(161)])('%j is refused', async key => {
    await expect(storeIn(server, newPartition()).load(key)).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
  })
})

describe('a damaged document', () => {
  const damage = async (partition: string, item: Record<string, { readonly S: string } | { readonly B: Uint8Array }>) => {
    const keys = { pk: { S: partition }, sk: { S: 'head' } }
    await server.client.send(new PutItemCommand({ TableName: server.table, Item: { ...keys, ...item } }))
    return storeIn(server, partition)
  }

  test.each([
    ['text that is none', { version: { S: 'v' }, json: { S: '{"epoch":' } }],
    ['bytes that are not packed', { version: { S: 'v' }, gzip: { B: randomBytes(50) } }],
    ['parts that are gone', { version: { S: `${'a'.repeat(18)}.2` } }],
    ['an item of someone else', { name: { S: 'x' } }],
  ])('is named, and repaired: %s', async (_, item) => {
    const store = await damage(newPartition(), item)

    await expect(store.load('head')).rejects.toMatchObject({ code: 'ETL_STATE_CORRUPT', message: /"head" is damaged/ })
    expect(await store.repair?.('head')).toBe(true)
    expect(await store.load('head')).toBeUndefined()
    expect(await store.repair?.('head')).toBe(false)
  })

  test('that can be read is left alone', async () => {
    const store = await damage(newPartition(), { version: { S: 'v' }, json: { S: '1' } })

    expect(await store.repair?.('head')).toBe(false)
    expect(await store.load('head')).toEqual({ value: 1, version: 'v' })
  })
})
