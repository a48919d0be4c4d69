import assert from 'node:assert/strict'
import { definePipeline, from, type Pipeline, type Source, SourceError } from '@millrace/etl-core'
import { arraySource } from './array-source.js'
import { type ContractCase, contractCase } from './case.js'
import { memorySink } from './memory-sink.js'

/** How a caller is told that a run ended. `refused`: wrong use, nothing was read. */
export type AdapterAnswer = 'done' | 'failed' | 'stopped' | 'refused'

/** How a pipeline is to be run. */
export interface AdapterCall {
  readonly params: Readonly<Record<string, unknown>>
  /** The run is asked to stop before it has begun: by a signal, by a deadline that is near, as the adapter's callers do. */
  readonly stopped: boolean
}

/** What `adapterCases` needs. */
export interface AdapterSuite {
  /** Runs a pipeline through the adapter and says what its caller is told: an exit code, an answer or an error, as one of four words. */
  run(pipeline: Pipeline, call: AdapterCall): Promise<AdapterAnswer>
}

interface Row {
  readonly id: string
}

/** The contract of what runs pipelines for others (a command, a function, a queue's worker): that the caller learns how it ended. */
export function adapterCases(suite: AdapterSuite): ContractCase[] {
  const test = (name: string, source: Source<Row>, expected: AdapterAnswer, call: Partial<AdapterCall> = {}) =>
    contractCase(name, async () => {
      const told = await suite.run(pipelineOver(source), { params: {}, stopped: false, ...call })
      assert.equal(told, expected, `the caller was told "${told}"`)
    })
  return [
    test('a run that succeeded is told as done', whole, 'done'),
    test('a run that found nothing new is told as done', { ...whole, plan: async () => ({ splits: [] }) }, 'done'),
    test('a run of which one group failed is told as failed, though others were published', halfBroken, 'failed'),
    test('a run that could not plan is told as failed', unplannable, 'failed'),
    test('wrong parameters are told as wrong use', whole, 'refused', { params: { nobodyKnows: 'this' } }),
    test('a run that was asked to stop is told as stopped: neither done nor failed', whole, 'stopped', { stopped: true }),
  ]
}

const pipelineOver = (source: Source<Row>): Pipeline =>
  definePipeline({
    name: 'adapter-test',
    build: () => from(source).into(memorySink<Row>({ disposition: 'replace' })),
  }) as unknown as Pipeline

const whole = arraySource<Row>({ splits: { a: [{ id: 'a0' }], b: [{ id: 'b0' }] } })

const halfBroken: Source<Row> = {
  ...whole,
  async *read(split, cursor, ctx) {
    if (split.id === 'b') throw new SourceError('ETL_SOURCE_REFUSED', 'the test refuses split b')
    yield* whole.read(split, cursor, ctx)
  },
}

const unplannable: Source<Row> = {
  ...whole,
  plan: async () => {
    throw new SourceError('ETL_SOURCE_UNAVAILABLE', 'the test has no plan', { retry: 'exhausted' })
  },
}
