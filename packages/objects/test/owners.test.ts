import type { Json, RunContext, Sink, Split } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { folderStore, memoryStore, type ObjectStore, objectSink } from '../src/index.js'
import { batch, runContext, split, splitContext } from './support/contexts.js'
import { bytesOf, lines } from './support/formats.js'
import { contents, visible } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

let loads = 0
const contextOf = (pipeline = 'app'): RunContext => ({ ...runContext({ loadId: `load-${++loads}` }), pipeline })

const sinkOf = (store: ObjectStore, path = 'latest.txt', latest?: string): Sink<string> =>
  objectSink({ store: () => store, shown: 'memory:', format: lines, path, ...(latest === undefined ? {} : { latest }) })

/** One load of one group, with the sink of a fresh process. */
async function load(sink: Sink<string>, of: Split, text: string, ctx = contextOf()) {
  const found = (await sink.survey?.([of], ctx)) as Json
  const publish = await staged(sink, of, text, found, ctx)
  await publish()
}

async function staged(sink: Sink<string>, of: Split, text: string, found: Json, ctx: RunContext) {
  const writer = await sink.open(splitContext(of, ctx))
  await writer.write(batch([text], 1, of.id))
  const receipt = await writer.commit()
  return async () => {
    await sink.publish?.({ name: of.group ?? of.id, receipts: [{ split: of, receipt }], found }, ctx)
    await sink.discard?.(ctx.load.loadId, ctx)
  }
}

const ownersIn = async (store: ObjectStore) => Object.values(await contents(store, key => key.startsWith('_millrace/owners/')))

describe('a path', () => {
  test('that another group was published to is refused before anything is read, naming both and what to do', async () => {
    const store = memoryStore()
    await load(sinkOf(store), split('a'), 'of a')

    const surveying = sinkOf(store).survey?.([split('b')], contextOf())

    await expect(surveying).rejects.toMatchObject({
      code: 'ETL_CONFIG_INVALID',
      message: expect.stringMatching(
        /"latest\.txt" in memory: .*group "a" of pipeline "app".*group "b".*_millrace\/app\/manifests\/a-/,
      ),
      context: { key: 'latest.txt', group: 'b', owner: { pipeline: 'app', group: 'a' } },
    })
    expect(await visible(store)).toEqual({ 'latest.txt': '# begin\nof a\n# end\n' })
  })

  test('that another pipeline publishes to is refused', async () => {
    const store = memoryStore()
    await load(sinkOf(store), split('a'), 'of app')

    await expect(load(sinkOf(store), split('a'), 'of other', contextOf('other'))).rejects.toMatchObject({
      message: expect.stringMatching(/group "a" of pipeline "app".*group "a" of pipeline "other"/),
    })
    await load(sinkOf(store), split('a'), 'newer')
    expect(await visible(store)).toEqual({ 'latest.txt': '# begin\nnewer\n# end\n' })
  })

  test('that was free as two began is that of the first, and the other is refused as it publishes', async () => {
    const store = memoryStore()
    const [one, other] = [sinkOf(store), sinkOf(store)]
    const [first, second] = [contextOf(), contextOf('other')]
    const publishFirst = await staged(one, split('a'), 'first', (await one.survey?.([split('a')], first)) as Json, first)
    const publishSecond = await staged(other, split('a'), 'second', (await other.survey?.([split('a')], second)) as Json, second)

    await publishFirst()

    await expect(publishSecond()).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
    expect(await visible(store)).toEqual({ 'latest.txt': '# begin\nfirst\n# end\n' })
  })

  test.each([
    ['its object was removed', async (store: ObjectStore) => store.delete(['latest.txt'])],
    [
      'the manifest of its owner was removed',
      async (store: ObjectStore) => store.delete(Object.keys(await contents(store, key => key.includes('/manifests/a-')))),
    ],
    [
      'its owner cannot be read any more',
      async (store: ObjectStore) => {
        for (const key of Object.keys(await contents(store, each => each.includes('/owners/'))))
          await store.put(key, bytesOf('{'))
      },
    ],
  ])('is free once %s', async (_, change) => {
    const store = memoryStore()
    await load(sinkOf(store), split('a'), 'of a')
    await change(store)

    await load(sinkOf(store), split('b'), 'of b')

    expect(await visible(store)).toEqual({ 'latest.txt': '# begin\nof b\n# end\n' })
    await expect(load(sinkOf(store), split('a'), 'of a again')).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
  })

  test('is free once its owner is published elsewhere', async () => {
    const store = memoryStore()
    await load(sinkOf(store), split('a'), 'of a')
    await load(sinkOf(store, '{group}.txt'), split('a'), 'of a')

    await load(sinkOf(store), split('b'), 'of b')

    expect(await visible(store)).toEqual({ 'a.txt': '# begin\nof a\n# end\n', 'latest.txt': '# begin\nof b\n# end\n' })
  })

  test('that is dated leaves no owner behind when the next date comes', async () => {
    const store = memoryStore()
    for (let count = 0; count < 5; count++) await load(sinkOf(store, '{loadId}.txt', 'latest.txt'), split('a'), 'x')

    expect(Object.keys(await visible(store))).toHaveLength(6)
    expect((await ownersIn(store)).map(text => JSON.parse(text).key).sort()).toEqual([`load-${loads}.txt`, 'latest.txt'].sort())
  })

  test('of its own is published to again without a change to any file', async () => {
    const root = await tempFolder()
    const store = folderStore(root)
    const ctx = contextOf()
    const sink = sinkOf(store)
    const publish = await staged(sink, split('a'), 'x', (await sink.survey?.([split('a')], ctx)) as Json, ctx)
    const etags = async () =>
      Promise.all((await treeOf(root)).map(async key => (await store.head(key).catch(() => undefined))?.etag))
    await publish()
    const before = await etags()

    await load(sinkOf(store), split('a'), 'x', ctx)

    expect(await etags()).toEqual(before)
  })
})
