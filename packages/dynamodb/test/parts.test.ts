import { isEtlError, type Json, type StateStore } from '@millrace/etl-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { partsOf } from '../src/content.js'
import { type DynamoServer, startDynamo } from './support/server.js'
import { dyingClient, newPartition, noise, storeIn, tiny } from './support/store.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterEach(() => {
  server.faultOf = undefined
  vi.useRealTimers()
})
afterAll(() => server.close())

/** What of a partition is beside the documents themselves. */
const beside = async (partition: string) => (await server.items(`${partition}#`)).map(({ pk }) => pk?.S?.slice(partition.length))
const big = (name: string): Json => ({ name, text: noise(200) })
const code = (error: unknown) => (isEtlError(error) ? error.code : error)

describe('a document that is larger than an item may be', () => {
  test('lies in parts beside its item, which a listing does not read', async () => {
    const partition = newPartition()
    const store = storeIn(server, partition)
    const value = { text: noise(1_200_000) }

    const version = await store.save('bookmarks', value, 'absent')

    expect(await store.load('bookmarks')).toEqual({ value, version })
    expect(partsOf(version)).toBe(3)
    const [head, ...none] = await server.items(`${partition}`).then(items => items.filter(({ pk }) => pk?.S === partition))
    expect(none).toEqual([])
    expect(Object.keys(head ?? {}).sort()).toEqual(['pk', 'sk', 'version'])
    expect(await beside(partition)).toHaveLength(3)
  })

  test('leaves nothing behind when it is replaced, becomes small, or is removed', async () => {
    const partition = newPartition()
    const store = storeIn(server, partition, { ...tiny, text: 50 })
    const left: number[] = []
    const look = async () => void left.push((await beside(partition)).length)

    const first = await store.save('head', big('a'), 'absent')
    await look()
    const second = await store.save('head', big('b'), first)
    await look()
    const third = await store.save('head', 1, second)
    await look()
    await store.remove('head', await store.save('head', big('c'), third))
    await look()

    expect(left).toEqual([partsOf(first), partsOf(second), 0, 0])
    expect(partsOf(first)).toBeGreaterThan(1)
    expect(await server.items(partition)).toEqual([])
  })

  test('is told of by a conflict, and what was written for nothing is gone', async () => {
    const partition = newPartition()
    const [one, other] = [storeIn(server, partition, tiny), storeIn(server, partition, tiny)]
    const first = await one.save('head', big('a'), 'absent')
    const second = await one.save('head', big('b'), first)

    expect(await other.save('head', big('c'), first).catch(code)).toBe('ETL_STATE_CONFLICT')
    expect(await other.save('head', big('c'), 'absent').catch(code)).toBe('ETL_STATE_CONFLICT')
    expect(await other.remove('head', first).catch(code)).toBe('ETL_STATE_CONFLICT')
    expect(await beside(partition)).toHaveLength(partsOf(second))
    expect(await one.load('head')).toMatchObject({ value: { name: 'b' } })
  })

  test('is read whole by one who had begun when it was replaced', async () => {
    const partition = newPartition()
    const [reader, writer] = [storeIn(server, partition, tiny), storeIn(server, partition, tiny)]
    const first = await writer.save('head', big('a'), 'absent')
    let replaced: Promise<unknown> | undefined
    const get = server.client.send.bind(server.client) as (command: unknown) => Promise<unknown>
    const slow = Object.create(server.client, {
      send: {
        value: async (command: unknown) => {
          const answer = await get(command)
          replaced ??= writer.save('head', big('b'), first)
          await replaced
          return answer
        },
      },
    })

    const found = await storeIn({ ...server, client: slow }, partition, tiny).load('head')

    expect(found?.value).toMatchObject({ name: 'b' })
    expect(await reader.load('head')).toEqual(found)
  })
})

/** Every change there is to large documents, from `before`. */
const changes: readonly [string, Json | undefined, (store: StateStore, version: string) => Promise<unknown>][] = [
  ['saved for the first time', undefined, store => store.save('head', big('new'), 'absent')],
  ['replaced', big('old'), (store, version) => store.save('head', big('new'), version)],
  ['replaced by a small one', big('old'), (store, version) => store.save('head', 'new', version)],
  ['removed', big('old'), (store, version) => store.remove('head', version)],
]
const nameIn = (found: { readonly value: Json } | undefined) =>
  found && typeof found.value === 'object' ? (found.value as { name: string }).name : found?.value

describe.each(changes)('a process that dies while a large document is %s', (_, before, change) => {
  const sizes = { ...tiny, text: 50 }

  test('at any request leaves the old or the new one, and nothing that the next does not find', async () => {
    for (let dead = 0, died = true; died; dead++) {
      const partition = newPartition()
      const store = storeIn(server, partition, sizes)
      const old = before === undefined ? '' : await store.save('head', before, 'absent')
      const mortal = dyingClient(server.client, dead)
      await change(storeIn({ ...server, client: mortal.client }, partition, sizes), old).catch(() => undefined)
      died = mortal.died()
      if (!died) expect(dead).toBeGreaterThan(4)

      const found = await storeIn(server, partition, sizes).load('head')
      const keys: string[] = []
      for await (const key of store.list('')) keys.push(key)
      const next = await store.save('head', big('next'), found?.version ?? 'absent')
      await store.remove('head', next)

      expect([undefined, 'old', 'new'], `after ${dead} requests`).toContain(nameIn(found))
      expect(keys, `after ${dead} requests`).toEqual(found ? ['head'] : [])
      expect(await server.items(partition), `after ${dead} requests`).toEqual([])
    }
  })
})

describe('what a dead process left of a document that nobody saves again', () => {
  const leftBehind = async () => {
    const partition = newPartition()
    const mortal = dyingClient(server.client, 5)
    await storeIn({ ...server, client: mortal.client }, partition, tiny)
      .save('plan', big('never'), 'absent')
      .catch(() => undefined)
    expect((await beside(partition)).length).toBeGreaterThan(1)
    return { partition, store: storeIn(server, partition, tiny) }
  }

  test('stays as long as its writer may be alive, as what it is about to replace is still there', async () => {
    const { partition, store } = await leftBehind()
    const before = (await beside(partition)).length
    const version = await store.save('other', big('saved'), 'absent')

    expect(await beside(partition)).toHaveLength(before + partsOf(version))
  })

  test('is removed after an hour, by whoever saves a large document', async () => {
    const { partition, store } = await leftBehind()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61 * 60_000 })
    const version = await store.save('other', big('saved'), 'absent')

    expect(await beside(partition)).toHaveLength(partsOf(version))
    expect(await store.load('plan')).toBeUndefined()
    expect((await server.items(partition)).map(({ sk }) => sk?.S)).not.toContain('plan')
  })
})

test('a writer that slept while others cleared its parts away is told of a conflict, also where absence came back', async () => {
  const partition = newPartition()
  const store = storeIn(server, partition, tiny)
  let waiting = true
  // Asleep just before the item that would make its parts count.
  const asleep = Object.create(server.client, {
    send: {
      value: async (command: { readonly input: { readonly Item?: Record<string, unknown> } }) => {
        const { Item } = command.input
        if (waiting && Item && 'version' in Item && !('pending' in Item) && !('expected' in Item)) {
          waiting = false
          await store.remove('head', await store.save('head', big('meanwhile'), 'absent'))
        }
        return (server.client.send as (command: unknown) => Promise<unknown>).call(server.client, command)
      },
    },
  })

  const late = storeIn({ ...server, client: asleep }, partition, tiny).save('head', big('late'), 'absent')

  expect(await late.catch(code)).toBe('ETL_STATE_CONFLICT')
  expect(waiting).toBe(false)
  expect(await server.items(partition)).toEqual([])
})
