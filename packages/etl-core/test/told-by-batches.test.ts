import { describe, expect, it } from 'vitest'
import {
  type Bookmark,
  definePipeline,
  from,
  RecordError,
  replayRejects,
  run,
  type Source,
  type SourceBatch,
  SourceError,
} from '../src/index.js'
import { down, dyingState, eager, memoryState, parts, runNumbers, table, untilDeath } from './world.js'

type Told = Pick<SourceBatch<number>, 'counts' | 'bookmark' | 'unreadable'>

const broken = { raw: 'x', position: 1, error: new RecordError('ETL_RECORD_UNPARSABLE', 'no number') }

/** A source of one group whose batches are those given, by split; `planned` is the bookmark of its plan. Remembers the bookmarks it was told. */
function telling(
  splits: Readonly<Record<string, readonly Told[]>>,
  planned?: Bookmark,
  before?: (split: string, at: number) => void,
) {
  const told: (Bookmark | undefined)[] = []
  const source: Source<number> = {
    name: 'telling',
    capabilities: { resumable: true, rereads: 'same' },
    async plan(ctx) {
      told.push(ctx.bookmarks.get('all'))
      return {
        splits: Object.keys(splits).map(id => ({ id, params: null, group: 'all' })),
        ...(planned === undefined ? {} : { bookmarks: { all: planned } }),
      }
    },
    async *read(split, cursor) {
      const batches = splits[split.id] ?? []
      for (let at = Number(cursor ?? 0); at < batches.length; at++) {
        before?.(split.id, at)
        yield { records: [at], cursor: at + 1, ...batches[at] }
      }
    },
  }
  return { source, told }
}

describe('what a source counts by names of its own', () => {
  it('is added up in the report, over batches and splits', async () => {
    const { source } = telling({
      a: [{ counts: { faults: 1, holes: 1 } }, { counts: { faults: 2 } }],
      b: [{ counts: { loans: 1, holes: 4 } }, {}],
    })

    const report = await runNumbers(source, parts().sink)

    expect(report.counts.source).toEqual({ faults: 3, holes: 5, loans: 1 })
    expect(report.splits.map(split => split.counts.source)).toEqual([
      { faults: 3, holes: 1 },
      { loans: 1, holes: 4 },
    ])
  })

  it('is absent from the report of a source that counts nothing', async () => {
    const report = await runNumbers(telling({ a: [{}] }).source, parts().sink)

    expect(report.counts).not.toHaveProperty('source')
  })

  it('is kept beside rejects of the same batch', async () => {
    const report = await runNumbers(telling({ a: [{ counts: { faults: 1 }, unreadable: [broken] }, {}] }).source, parts().sink)

    expect(report.counts).toMatchObject({ rejected: 1, source: { faults: 1 } })
  })

  it('is counted once where a batch is read again after an error', async () => {
    let failures = 1
    const failsOnce = (_: string, at: number) => {
      if (at === 2 && failures-- > 0) throw down()
    }
    const counted = { counts: { faults: 1 } }
    const { source } = telling({ a: [counted, counted, counted] }, undefined, failsOnce)

    const report = await runNumbers(source, parts({ lags: true }).sink)

    expect(report).toMatchObject({ status: 'succeeded', counts: { retries: 1, source: { faults: 3 } } })
  })

  it('is counted once after a crash at any state write', async () => {
    const counted = { counts: { faults: 1 } }
    const splits = { a: [counted, counted], b: [counted] }
    for (let atWrite = 0; ; atWrite++) {
      const state = memoryState()
      const dying = dyingState(state, atWrite)
      const first = await untilDeath(runNumbers(telling(splits).source, parts().sink, { state: dying.state }), dying.died)
      if (first !== 'died') return
      const report = await runNumbers(telling(splits).source, parts().sink, {
        state,
        clock: { now: () => Date.now() + 3_600_000 },
      })
      // Each batch has one record and one fault. Where the load was being closed, some of both may be forgotten already.
      expect(report.counts.source?.faults ?? 0, `write ${atWrite}`).toBe(report.counts.read)
    }
  })
})

describe('a bookmark that a batch brings', () => {
  it('is the newest one, and replaces that of the plan', async () => {
    const state = memoryState()
    const { source, told } = telling({ a: [{ bookmark: 1 }, { bookmark: 2 }, { unreadable: [broken] }] }, 'planned')

    await runNumbers(source, parts().sink, { state })
    await runNumbers(source, parts().sink, { state })

    expect(told).toEqual([undefined, 2])
  })

  it('is that of the last split in plan order that has one', async () => {
    const state = memoryState()
    const { source, told } = telling({ a: [{ bookmark: 'a' }], b: [{ bookmark: 'b' }], c: [{}] }, 'planned')

    await runNumbers(source, parts().sink, { state, concurrency: 3 })
    await runNumbers(source, parts().sink, { state })

    expect(told[1]).toBe('b')
  })

  it('leaves the one of the plan where no batch has one', async () => {
    const state = memoryState()
    const { source, told } = telling({ a: [{}] }, 'planned')

    await runNumbers(source, parts().sink, { state })
    await runNumbers(source, parts().sink, { state })

    expect(told[1]).toBe('planned')
  })

  it('counts for nothing while its group fails', async () => {
    const state = memoryState()
    const fails = (split: string) => {
      if (split === 'b') throw new SourceError('ETL_SOURCE_DENIED', 'Not you.')
    }
    await runNumbers(telling({ a: [{ bookmark: 1 }] }).source, parts().sink, { state })

    await runNumbers(telling({ a: [{ bookmark: 2 }], b: [{}] }, undefined, fails).source, parts().sink, { state, full: true })
    const { source, told } = telling({ a: [{}] })
    await runNumbers(source, parts().sink, { state, loadId: 'another' })

    expect(told).toEqual([1])
  })

  it('outlives a stop between its batch and the end', async () => {
    const state = memoryState()
    const stop = new AbortController()
    const stops = (_: string, at: number) => {
      if (at === 2) stop.abort()
    }
    const splits = { a: [{ bookmark: 1 }, {}, {}] }
    await runNumbers(telling(splits, 'planned', stops).source, parts().sink, { state, signal: stop.signal })

    const resumed = await runNumbers(telling(splits, 'planned').source, parts().sink, { state })
    const { source, told } = telling(splits)
    await runNumbers(source, parts().sink, { state })

    expect([resumed.attempt, told]).toEqual([2, [1]])
  })

  it('is kept with a sink whose cursor is in its transaction', async () => {
    const state = memoryState()
    const { sink } = table()
    const { source, told } = telling({ a: [{ bookmark: 1 }, { bookmark: 2 }] })

    await runNumbers(source, sink, { state })
    await runNumbers(source, sink, { state })

    expect(told[1]).toBe(2)
  })

  it('stays as it is when rejects are run again', async () => {
    const state = memoryState()
    const { source, told } = telling({ a: [{ bookmark: 7 }] })
    const rows: number[] = []
    const pipeline = (fixed: boolean) =>
      definePipeline({
        name: 'numbers',
        build: () =>
          from(source)
            .map(record => {
              if (!fixed) throw new RecordError('ETL_RECORD_INVALID', 'not yet')
              return record
            })
            .into(table(rows).sink),
      })
    await run(pipeline(false), {}, { ...eager, state })

    await replayRejects(pipeline(true), {}, {}, { ...eager, state })
    await run(pipeline(true), {}, { ...eager, state })

    expect(told.at(-1)).toBe(7)
  })
})
