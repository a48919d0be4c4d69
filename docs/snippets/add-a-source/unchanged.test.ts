import { definePipeline, from, memoryState, run } from '@millrace/etl-core'
import { describeSource, memorySink, playRecordings } from '@millrace/etl-testkit'
import { expect, it } from 'vitest'
import { changedTickets } from './unchanged.js'

const routes = (changed: string) => [
  { path: '/tickets/changed', body: changed },
  { path: '/tickets?page=1', body: { tickets: [{ id: 1, title: 'one' }], pages: 2 } },
  { path: '/tickets?page=2', body: { tickets: [{ id: 2, title: 'two' }], pages: 2 } },
]

async function served() {
  const player = await playRecordings({ routes: routes('2026-01-05T12:00:00Z') })
  return { player, source: changedTickets(player.url), requests: () => player.requests.length, close: () => player.close() }
}

describeSource('changedTickets', {
  open: served,
  expected: [
    { id: 1, title: 'one' },
    { id: 2, title: 'two' },
  ],
})

it('is not read again before it has changed', async () => {
  const { player, source } = await served()
  const pipeline = definePipeline({ name: 'tickets', build: () => from(source).into(memorySink({ disposition: 'replace' })) })
  const state = memoryState()

  expect((await run(pipeline, {}, { state })).status).toBe('succeeded')
  expect((await run(pipeline, {}, { state })).status).toBe('unchanged')
  expect(player.requests.map(({ path }) => path)).toEqual([
    '/tickets/changed',
    '/tickets?page=1',
    '/tickets?page=2',
    '/tickets/changed',
  ])
  await player.close()
})
