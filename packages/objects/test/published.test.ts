import { isEtlError, type Json, type Sink, SourceError } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { memoryStore, type ObjectStore, objectSink } from '../src/index.js'
import { batch, runContext, split, splitContext } from './support/contexts.js'
import { lines } from './support/formats.js'
import { contents } from './support/stores.js'

const sinkOver = (store: ObjectStore) =>
  objectSink<string>({ store: () => store, shown: 'memory:', format: lines, path: '{group}.txt' })

/** A load of one group up to its publishing, which the test then calls. */
async function load(sink: Sink<string>, text: string, ctx: ReturnType<typeof runContext>, name = 'a') {
  const of = split(name)
  const found = (await sink.survey?.([of], ctx)) as Json
  const writer = await sink.open(splitContext(of, ctx))
  await writer.write(batch([text], 1, `${ctx.load.loadId}/${name}`))
  const receipt = await writer.commit()
  return () => sink.publish?.({ name, receipts: [{ split: of, receipt }], found }, ctx)
}

describe('a published object', () => {
  test('says of itself which load of which pipeline and group wrote it, where the store keeps metadata', async () => {
    const store = memoryStore()
    const ctx = runContext({ loadId: 'load-7', pipeline: 'orders' })
    await (await load(sinkOver(store), 'x', ctx))()

    expect((await store.head('a.txt'))?.metadata).toEqual({ loadid: 'load-7', pipeline: 'orders', group: 'a' })
  })

  test('says so within what a store has room for, however long the id', async () => {
    const store = memoryStore()
    const ctx = runContext({ loadId: 'incoming/東京/'.repeat(100) })
    await (await load(sinkOver(store), 'x', ctx))()

    const { loadid = '' } = (await store.head('a.txt'))?.metadata ?? {}
    expect(loadid).toMatch(/^incoming-[\x20-\x7e]{1,110}$/)
  })

  test.each([
    ['its metadata', (store: ObjectStore) => store],
    ['its manifest', withoutMetadata],
  ])('that lost a race names the winner, from %s', async (_, seen) => {
    const store = seen(memoryStore())
    const lose = await load(sinkOver(store), 'mine', runContext({ loadId: 'load-1', pipeline: 'orders' }))
    await (await load(sinkOver(store), 'theirs', runContext({ loadId: 'load-2', pipeline: 'orders' })))()

    const error = await lose()?.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )

    expect(error).toMatchObject({
      code: 'ETL_OBJECT_CONFLICT',
      message: expect.stringContaining('load load-2 of group "a" of pipeline "orders"'),
      context: { by: { pipeline: 'orders', group: 'a', loadId: 'load-2' } },
    })
  })

  test('that lost against a program that says nothing accuses nobody', async () => {
    const store = memoryStore()
    await (await load(sinkOver(store), 'before', runContext({ loadId: 'load-0', pipeline: 'orders' })))()
    const lose = await load(sinkOver(store), 'mine', runContext({ loadId: 'load-1', pipeline: 'orders' }))
    await store.put('a.txt', new TextEncoder().encode('theirs'))

    const error = await lose()?.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )

    expect(error).toMatchObject({ code: 'ETL_OBJECT_CONFLICT', message: expect.stringContaining('by someone else') })
    expect((error as { context: object }).context).not.toHaveProperty('by')
  })
})

describe('a manifest', () => {
  const manifestsIn = (store: ObjectStore) => contents(store, key => key.includes('/manifests/'))
  const nameOf = async (store: ObjectStore) =>
    Object.values(await manifestsIn(store)).map(text => (JSON.parse(text) as { loadId: string }).loadId)

  /** A store in which the first manifest is written only after `act`. */
  const slow = (store: ObjectStore, act: () => Promise<unknown>): ObjectStore => {
    let slept = false
    return {
      ...store,
      async put(key, body, options) {
        if (key.includes('/manifests/') && !slept) {
          slept = true
          await act()
        }
        return store.put(key, body, options)
      },
    }
  }

  test.each(['before', undefined])('of a run that slept does not take the place of a newer one (there was %s)', async before => {
    const store = memoryStore()
    if (before) await (await load(sinkOver(store), before, runContext({ loadId: 'load-0' })))()
    const newer = async () => (await load(sinkOver(store), 'newer', runContext({ loadId: 'load-2' })))()

    const slept = await load(sinkOver(slow(store, newer)), 'older', runContext({ loadId: 'load-1' }))

    await expect(slept()).rejects.toMatchObject({
      code: 'ETL_OBJECT_CONFLICT',
      message: expect.stringContaining('was published by load load-2 while load load-1'),
      context: { by: { group: 'a', loadId: 'load-2' } },
    })
    expect(await nameOf(store)).toEqual(['load-2'])
  })

  test('that another run of the same load has written, or that was removed meanwhile, is no conflict', async () => {
    const store = memoryStore()
    const ctx = runContext({ loadId: 'load-1' })
    let again: () => Promise<unknown> = async () => undefined
    const once = await load(sinkOver(slow(store, () => again())), 'same', ctx)
    again = async () => once()
    await once()
    const removing = slow(store, async () => store.delete(Object.keys(await manifestsIn(store))))

    await (await load(sinkOver(removing), 'next', runContext({ loadId: 'load-2' })))()

    expect(await nameOf(store)).toEqual(['load-2'])
  })

  test('costs one look and one write', async () => {
    const store = memoryStore()
    const calls: string[] = []
    const counting: ObjectStore = {
      ...store,
      get: (key, options) => {
        if (key.includes('/manifests/')) calls.push('get')
        return store.get(key, options)
      },
      put: (key, body, options) => {
        if (key.includes('/manifests/')) calls.push(`put ${JSON.stringify(options?.condition)}`)
        return store.put(key, body, options)
      },
    }

    await (await load(sinkOver(counting), 'x', runContext({ loadId: 'load-1' })))()

    expect(calls).toEqual(['get', 'put "absent"'])
  })
})

function withoutMetadata(store: ObjectStore): ObjectStore {
  return { ...store, put: (key, body, { metadata: _, ...options } = {}) => store.put(key, body, options) }
}

describe('a sink that may not read its place', () => {
  const denied = () => new SourceError('ETL_SOURCE_DENIED', 'not allowed', { context: { key: 'x' } })
  const breaking = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(denied()) }) })
  const refusing = (call: 'head' | 'get' | 'list' | 'body', store = memoryStore()): ObjectStore => ({
    ...store,
    ...(call === 'head' && { head: () => Promise.reject(denied()) }),
    ...(call === 'get' && { get: () => Promise.reject(denied()) }),
    ...(call === 'list' && { list: breaking }),
    ...(call === 'body' && { get: async (key, options) => ({ ...(await store.get(key, options)), body: breaking() }) }),
  })
  const ctx = runContext()
  const acts: Record<
    string,
    [call: 'head' | 'get' | 'list' | 'body', act: (sink: Sink<string>) => Promise<unknown> | undefined]
  > = {
    'survey, at the object': ['head', sink => sink.survey?.([split('a')], ctx)],
    'survey, at its owner': ['get', sink => sink.survey?.([split('a')], ctx)],
    stillPublished: ['get', sink => sink.stillPublished?.('a', ctx)],
    'publish, at a staged part': ['body', async sink => (await load(sink, 'x', ctx))()],
    discard: ['list', sink => sink.discard?.('load-1', ctx)],
  }

  test.each(Object.entries(acts))('says so as a sink: %s', async (_, [call, act]) => {
    const error: unknown = await act(sinkOver(refusing(call)))?.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )

    expect(error).toMatchObject({ name: 'SinkError', code: 'ETL_SINK_DENIED', context: { key: 'x' }, retry: 'never' })
  })
})

describe('discarding a load', () => {
  const ending = (endUnfinished: NonNullable<ObjectStore['endUnfinished']>): ObjectStore => ({ ...memoryStore(), endUnfinished })

  test('ends what processes that died had begun to stage of it, and of no other load', async () => {
    const prefixes: string[] = []
    await sinkOver(ending(async of => void prefixes.push('prefix' in of ? of.prefix : of.key))).discard?.(
      'load-1',
      runContext({ pipeline: 'orders' }),
    )

    expect(prefixes).toEqual(['_millrace/orders/staging/load-1/'])
  })

  test('goes on where that is not allowed, and says so', async () => {
    const said: string[] = []
    const log = { info: (message: string) => void said.push(message), warn() {} }
    const denied = ending(() => Promise.reject(new SourceError('ETL_SINK_DENIED', 'not allowed')))
    const away = ending(() => Promise.reject(new SourceError('ETL_SINK_UNAVAILABLE', 'away', { retry: 'later' })))

    await sinkOver(denied).discard?.('load-1', { ...runContext(), log })
    const error: unknown = await sinkOver(away)
      .discard?.('load-1', runContext())
      .catch((thrown: unknown) => thrown)

    expect(said).toEqual([expect.stringContaining('/staging/load-1/')])
    expect(isEtlError(error, 'ETL_SINK_UNAVAILABLE')).toBe(true)
  })
})
