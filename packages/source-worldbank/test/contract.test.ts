import { memoryState } from '@millrace/etl-core'
import { describeCrashes, describeSource, memorySink } from '@millrace/etl-testkit'
import { type Observation, worldBank } from '../src/index.js'
import { type Fault, type WorldBankServer, worldBankServer } from '../src/testing/index.js'
import { quick, smallData } from './helpers.js'

interface World {
  readonly source: ReturnType<typeof worldBank>
  readonly server: WorldBankServer
}

function describeWorldBank(name: string, options: { splitEconomies?: number; indicators?: string[] }): void {
  const open = async (over: object = {}) => {
    const server = await worldBankServer({ data: smallData() })
    const source = worldBank(quick(server, { indicators: ['A.ONE', 'A.TWO'], ...options, ...over }))
    return { source, server, requests: () => server.requests.length, open: () => server.open, close: () => server.close() }
  }
  const failing = (fault: Fault) => (world: World) => world.server.failNext(fault, 200)
  describeSource<Observation, Awaited<ReturnType<typeof open>>>(name, {
    open: () => open(),
    empty: () => open({ date: '2090' }),
    faults: {
      throttled: failing({ status: 429 }),
      unavailable: failing('badGateway'),
      denied: failing({ status: 401 }),
      'cut off': { arm: failing('truncated'), codes: ['ETL_SOURCE_UNAVAILABLE'], retry: ['exhausted'] },
    },
  })
}

describeWorldBank('worldBank, a split per indicator', {})
describeWorldBank('worldBank, blocks of two economies', { splitEconomies: 2 })

describeCrashes<Observation>('worldBank into a memory', {
  async build() {
    const server = await worldBankServer({ data: smallData() })
    const state = memoryState()
    const sink = memorySink<Observation>({ disposition: 'replace', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' })
    return {
      open: () => ({ source: worldBank(quick(server)), sink, state }),
      read: () => sink.visible(),
      close: () => server.close(),
    }
  },
  ordered: true,
  maxPoints: process.env.MILLRACE_TEST_LONG ? 200 : 16,
})
