import { describeCases } from './register.js'
import type { SinkSuite, SinkWorld } from './sink/suite.js'
import { sinkCases } from './sink-cases.js'

/**
 * The contract of a sink as vitest tests: that records arrive once and as they were, what stops, crashes and repetitions leave, what
 * readers see when, and what faults end in. What the declared capabilities rule out is skipped with the reason.
 *
 * @param suite.record - The ith record, with a natural key of its own.
 * @param suite.open - Called once per case; gives a sink over an empty destination and a way to read it.
 * @example
 * describeSink('s3', {
 *   record: i => ({ id: i, name: `plant ${i} – ñ` }),
 *   open: async () => {
 *     const client = fakeS3()
 *     return { client, sink: s3({ bucket: 'test', client }), readBack: () => client.readNdjson('test') }
 *   },
 *   faults: { denied: ({ client }) => client.failNext(403), throttled: ({ client }) => client.failNext(503) },
 * })
 */
export function describeSink<T, W extends SinkWorld<T>>(name: string, suite: SinkSuite<T, W>): void {
  describeCases(name, sinkCases(suite))
}
