import { memoryState } from '@millrace/etl-core'
import { describeCrashes, describeSource } from '@millrace/etl-testkit'
import { type PlantReading, type PlantsOptions, plants } from '../src/index.js'
import { readingOf } from '../src/parse.js'
import { type Fault, type PlantsServer, plantsServer } from '../src/testing/index.js'
import { byKey, noon, quick } from './helpers.js'

interface World {
  readonly source: ReturnType<typeof plants>
  readonly server: PlantsServer
}

/** Every plant that can be read, as the server would answer for it. */
const allReadings = ({ server }: World): PlantReading[] => {
  const rules = { timeZone: 'Europe/London', nearMs: server.now(), futureToleranceMs: 0 }
  const ids = Array.from({ length: server.plants }, (_, index) => index + 1).filter(id => ![7, 43].includes(id))
  return ids.map(id => readingOf(server.peek(id), id, rules))
}

function describePlants(name: string, options: Partial<PlantsOptions>): void {
  const open = async (museum: { plants?: number } = {}) => {
    const server = await plantsServer({ now: noon, faultRate: 0.05, ...museum })
    const source = plants(quick(server, { retry: { attempts: 8, firstMs: 1, maxMs: 2 }, ...options }))
    return { source, server, requests: () => server.requests.length, open: () => server.open, close: () => server.close() }
  }
  const failing = (fault: Fault) => (world: World) => world.server.failNext(fault, 2_000)
  describeSource<PlantReading, Awaited<ReturnType<typeof open>>>(name, {
    open: () => open(),
    empty: () => open({ plants: 0 }),
    expected: allReadings,
    overlaps: true,
    faults: {
      throttled: failing({ status: 429 }),
      unavailable: failing('badGateway'),
      denied: failing({ status: 401 }),
      // A page that is not the API's: the address is wrong, and these are no holes.
      missing: failing({ status: 404, body: '<html>' }),
      // It answers, but no plant.
      malformed: failing({ status: 200, body: '{"plant_id": 1}' }),
      'cut off': { arm: failing('truncated'), codes: ['ETL_SOURCE_UNAVAILABLE'], retry: ['exhausted'] },
      'half of its JSON': { arm: failing('wrongJson'), codes: ['ETL_SOURCE_MALFORMED'], retry: ['exhausted'] },
      'an unknown error': {
        arm: failing({ status: 200, body: '{"error": "the gardener is out"}' }),
        codes: ['ETL_SOURCE_MALFORMED'],
        retry: ['never'],
      },
    },
  })
}

describePlants('plants, looking for all of them', {})
describePlants('plants, in known ranges', { knownIds: 50, idsPerSplit: 20, idsPerBatch: 8 })

describeCrashes<PlantReading>('plants into a memory that merges', {
  async build() {
    const server = await plantsServer({ now: noon, plants: 22, loans: [13], faultRate: 0.05 })
    // One that has to be rejected, wherever the run dies.
    server.alter(9, body => ({ ...body, recording_taken: 'yesterday' }))
    const state = memoryState()
    const sink = byKey()
    const options = { knownIds: 12, idsPerSplit: 8, idsPerBatch: 4, retry: { attempts: 8, firstMs: 1, maxMs: 2 } }
    return {
      open: () => ({ source: plants(quick(server, options)), sink, state }),
      read: () => sink.visible(),
      close: () => server.close(),
    }
  },
  maxPoints: process.env.MILLRACE_TEST_LONG ? 200 : 6,
})
