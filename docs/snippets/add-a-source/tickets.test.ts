import { describeSource, type HttpPlayer, playRecordings } from '@millrace/etl-testkit'
import { httpReader } from '@millrace/http'
import { tickets } from './tickets.js'

const page = (number: number, ids: readonly number[], pages = 3) => ({
  path: `/tickets?page=${number}`,
  body: { tickets: ids.map(id => ({ id, title: `ticket ${id}` })), pages },
})

/** A server on this computer that gives recorded answers, and the source that reads from it. */
async function served(routes: readonly ReturnType<typeof page>[]) {
  const player = await playRecordings({ routes })
  // The reader's own waits between attempts would only slow the tests down.
  const client = httpReader({ retry: { firstMs: 1, maxMs: 5 } })
  return {
    player,
    source: tickets(player.url, client),
    requests: () => player.requests.length,
    open: () => player.inFlight(),
    async close() {
      await client.close()
      await player.close()
    },
  }
}

const failing = (status: number) => (world: { player: HttpPlayer }) => world.player.fail({ kind: 'status', status, times: 99 })

describeSource('tickets', {
  open: () => served([page(1, [1, 2]), page(2, [3, 4]), page(3, [5])]),
  expected: [1, 2, 3, 4, 5].map(id => ({ id, title: `ticket ${id}` })),
  empty: () => served([page(1, [], 1)]),
  faults: {
    throttled: failing(429),
    unavailable: failing(503),
    denied: failing(403),
    missing: failing(404),
    malformed: ({ player }) => player.fail({ kind: 'status', status: 200, body: '<html>', times: 99 }),
  },
})
