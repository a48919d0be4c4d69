import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline, from, memoryState, run, type Source } from '@millrace/etl-core'
import { playRecordings } from '@millrace/etl-testkit'
import { afterAll, expect, it } from 'vitest'
import { jsonLines } from '../add-a-sink/json-lines.js'
import { type Ticket, tickets } from '../add-a-source/tickets.js'
import { changedTickets } from '../add-a-source/unchanged.js'

const player = await playRecordings({
  routes: [
    { path: '/tickets/changed', body: '2026-01-05T12:00:00Z' },
    { path: '/tickets?page=1', body: { tickets: [{ id: 1, title: 'one' }], pages: 1 } },
  ],
})
afterAll(() => player.close())

/** Two loads, with no trigger that tells them apart: their reports, and the lines a reader finds after both. */
async function twoLoads(source: Source<Ticket>) {
  const folder = await mkdtemp(join(tmpdir(), 'two-loads-'))
  const pipeline = definePipeline({ name: 'tickets', build: () => from(source).into(jsonLines(folder)) })
  const state = memoryState()
  const reports = [
    await run(pipeline, {}, { state, statePlace: 'elsewhere' }),
    await run(pipeline, {}, { state, statePlace: 'elsewhere' }),
  ]
  const texts = await Promise.all((await readdir(folder)).map(name => readFile(join(folder, name), 'utf8')))
  await rm(folder, { recursive: true })
  return { reports, lines: texts.join('').split('\n').slice(0, -1) }
}

it('a source without bookmarks is appended by every load, and the report says so', async () => {
  const { reports, lines } = await twoLoads(tickets(player.url))

  expect(lines).toHaveLength(2)
  expect(reports.map(({ notes }) => notes.join())).toEqual(Array(2).fill(expect.stringContaining('gives no bookmarks')))
})

it('a source with bookmarks is appended once', async () => {
  const { reports, lines } = await twoLoads(changedTickets(player.url))

  expect(lines).toHaveLength(1)
  expect(reports.map(({ status, notes }) => [status, ...notes])).toEqual([['succeeded'], ['unchanged']])
})
