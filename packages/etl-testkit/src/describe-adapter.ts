import { type AdapterSuite, adapterCases } from './adapter-cases.js'
import { describeCases } from './register.js'

/**
 * The contract of what runs pipelines for others, as vitest tests: whoever started a run learns whether it is done, failed, stopped with
 * work left, or was refused.
 *
 * @example
 * describeAdapter('my worker', {
 *   run: async (pipeline, { params, stopped }) => {
 *     const answer = await worker(pipeline).handle({ params }, { deadlineMs: stopped ? 0 : 60_000 })
 *     return answer.ok ? 'done' : answer.retryable ? 'stopped' : 'failed'
 *   },
 * })
 */
export function describeAdapter(name: string, suite: AdapterSuite): void {
  describeCases(name, adapterCases(suite))
}
