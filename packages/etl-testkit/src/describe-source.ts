import { describeCases } from './register.js'
import type { SourceSuite, SourceWorld } from './source/suite.js'
import { sourceCases } from './source-cases.js'

/**
 * The contract of a source as vitest tests: every record once, nothing before it is asked for, no gap from any cursor, stops, faults.
 * What the declared capabilities rule out, and what the world cannot tell, is skipped with the reason.
 *
 * @param suite.open - Called once per case; gives a source over data that comes in several batches.
 * @example
 * describeSource('plants', {
 *   open: async () => {
 *     const player = await playRecordings({ folder: new URL('recordings/', import.meta.url) })
 *     return {
 *       player,
 *       source: plants({ baseUrl: player.url }),
 *       requests: () => player.requests.length,
 *       open: () => player.inFlight(),
 *       close: () => player.close(),
 *     }
 *   },
 *   expected: plantsInTheRecording,
 *   faults: { throttled: ({ player }) => player.fail({ kind: 'status', status: 429, times: 99 }) },
 * })
 */
export function describeSource<T, W extends SourceWorld<T>>(name: string, suite: SourceSuite<T, W>): void {
  describeCases(name, sourceCases(suite))
}
