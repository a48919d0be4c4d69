import assert from 'node:assert/strict'
import type { FlowFacts, Json, Sink, SinkCapabilities, SplitContext } from '@millrace/etl-core'
import { memoryStore, type ObjectStore } from '@millrace/objects'
import { expect, test } from 'vitest'
import { memorySink, objectsAround, sinkAround } from '../src/index.js'

/** A sink as a class: what is not wrapped must be called on the sink itself. */
class Cupboard implements Sink<number> {
  readonly name = 'cupboard'
  readonly #inner = memorySink<number>()
  #shelf = 'none'
  get capabilities(): SinkCapabilities {
    return this.#inner.capabilities
  }
  get layout(): Json {
    return this.#shelf
  }
  prepare({ pipeline }: FlowFacts): void {
    this.#shelf = pipeline
  }
  open(ctx: SplitContext) {
    return this.#inner.open(ctx)
  }
}

test('a part that is a class with private fields is wrapped like any other', () => {
  const sink = sinkAround(new Cupboard(), (_, act) => act())

  sink.prepare?.({ pipeline: 'plants' })

  expect([sink.name, sink.layout, sink.capabilities.disposition]).toEqual(['cupboard', 'plants', 'append'])
  expect('publish' in sink).toBe(false)
})

test('an object whose reader died before the answer came is let go', async () => {
  const store = memoryStore()
  await store.put('a', Buffer.from('abc'))
  let letGo = 0
  const counting: ObjectStore = {
    ...store,
    async get(key) {
      const { info } = await store.get(key)
      const body = {
        [Symbol.asyncIterator]: () => ({ next: async () => assert.fail(), return: async () => void letGo++ as never }),
      }
      return { info, body }
    },
  }
  const dying = objectsAround(counting, async (_, act) => {
    await act()
    throw new Error('it died')
  })

  await expect(dying.get('a')).rejects.toThrow('it died')

  expect(letGo).toBe(1)
})
