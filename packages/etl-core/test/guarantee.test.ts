import { describe, expect, it } from 'vitest'
import { definePipeline, from, guaranteeOf, run, type SinkCapabilities, type SourceCapabilities } from '../src/index.js'
import { memoryState, numbers, parts, runNumbers } from './world.js'

const file: SinkCapabilities = { disposition: 'replace', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' }
const log: SinkCapabilities = { disposition: 'append', durableAt: 'flush', replay: 'duplicates', cursor: 'outside' }
const upsert: SinkCapabilities = { disposition: 'merge', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' }
const tx: SinkCapabilities = { disposition: 'append', durableAt: 'flush', replay: 'duplicates', cursor: 'inTransaction' }
const same: SourceCapabilities = { resumable: true, rereads: 'same' }
const live: SourceCapabilities = { resumable: true, rereads: 'mayDiffer' }

describe('the guarantee is derived', () => {
  it.each([
    ['a file source into a replaced object', same, file, 'exactly once'],
    ['a file source into an upsert', same, upsert, 'exactly once'],
    ['a file source into a table that keeps the cursor', same, tx, 'exactly once'],
    ['a file source into a log', same, log, 'at least once'],
    ['a live source into a replaced object', live, file, 'at least once'],
    ['a live source into an upsert', live, upsert, 'exactly once'],
    ['a live source into a table that keeps the cursor', live, tx, 'exactly once'],
    ['a live source that cannot seek, into such a table', { ...live, resumable: false }, tx, 'at least once'],
  ] as const)('%s', (_, source, sink, delivery) => {
    expect(guaranteeOf(source, sink, true).delivery).toBe(delivery)
  })

  it('says when a split must fit in one attempt', () => {
    const commit = guaranteeOf(same, { ...file, durableAt: 'commit' }, true)
    const noSeek = guaranteeOf({ ...same, resumable: false }, file, true)

    expect([commit.survivesStop, noSeek.survivesStop]).toEqual([false, false])
    expect(commit.reasons.join()).toContain('a split must fit in one attempt')
    expect(noSeek.reasons.join()).toContain('a split must fit in one attempt')
  })

  it('does not say of a move that the next load adds the same again: the source has it no more', () => {
    const { reasons } = guaranteeOf(same, { ...log, replay: 'idempotent', emptiesSource: true }, true)

    expect(reasons.at(-1)).toMatch(/^each load adds to what is there, and what has arrived is removed at the source/)
  })

  it('is less where state dies with the process and the sink appends', () => {
    expect(guaranteeOf(same, { ...log, replay: 'idempotent' }, false).delivery).toBe('at least once')
    expect(guaranteeOf(same, file, false).delivery).toBe('exactly once')
  })

  it('asking for more than the pair can give is refused before anything is read', async () => {
    const live = numbers({ splits: { a: [1] }, rereads: 'mayDiffer' })
    const { sink } = parts()
    const pipeline = definePipeline({ name: 'x', delivery: 'exactly once', build: () => from(live.source).into(sink) })

    await expect(run(pipeline, {}, { state: memoryState() })).rejects.toMatchObject({ code: 'ETL_GUARANTEE' })
    expect(live.asked).toEqual({ plans: 0, reads: [], batches: 0 })
  })

  it('stands in the report with its reasons', async () => {
    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, parts().sink, { state: memoryState() })

    expect(report.guarantee).toEqual({
      delivery: 'exactly once',
      survivesStop: true,
      reasons: ['a batch written again replaces its first copy'],
    })
  })
})
