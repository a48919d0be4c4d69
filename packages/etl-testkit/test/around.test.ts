import type { FlowFacts, Json, Sink, SinkCapabilities, SplitContext } from '@millrace/etl-core'
import { expect, test } from 'vitest'
import { memorySink, sinkAround } from '../src/index.js'

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
