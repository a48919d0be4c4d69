import { setMaxListeners } from 'node:events'
import { type Checkpoint, rowsOf, type Sink, type SinkCapabilities, SinkError, type SinkWriter } from '@millrace/etl-core'
import { describe, expect, it, test } from 'vitest'
import {
  awkwardTexts,
  describeSink,
  faulty,
  type MemorySinkOptions,
  memorySink,
  type SinkSuite,
  sinkCases,
  testContext,
  testSplitContext,
} from '../src/index.js'
import { caseNamed, expectFailing, failing } from './failing.js'

interface Plant {
  readonly id: string
  readonly name: string
  readonly big: bigint | null
}

const plant = (i: number): Plant => ({ id: `p${i}`, name: `plant ${i} – ñ`, big: i % 2 === 0 ? 2n ** 53n + 1n : null })

/** A memory sink whose destination can be told to fail or to stand still. */
function world(options: MemorySinkOptions<Plant>) {
  const memory = memorySink<Plant>({
    ...options,
    keyOf: each => each.id,
    refuse: each => (each.name === '' ? 'no name' : undefined),
  })
  const destination: { fails?: Error; gate?: Promise<void> } = {}
  const reach = async (signal: AbortSignal) => {
    if (destination.fails) throw destination.fails
    if (!destination.gate) return
    // One of the broken sinks below lets any number of writes wait.
    setMaxListeners(0, signal)
    const over = new AbortController()
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal }),
    )
    await Promise.race([destination.gate, stopped]).finally(() => over.abort())
  }
  const sink: Sink<Plant> = {
    ...memory,
    async open(ctx) {
      const writer = await memory.open(ctx)
      return {
        ...writer,
        write: async batch => {
          await reach(ctx.signal)
          return writer.write(batch)
        },
      }
    },
  }
  return { sink, destination, readBack: () => memory.visible() }
}

const suite = (options: MemorySinkOptions<Plant>): SinkSuite<Plant, ReturnType<typeof world>> => ({
  record: plant,
  open: () => world(options),
  ordered: options.disposition === 'replace',
  changed: i => ({ ...plant(i), name: 'another' }),
  refused: i => ({ ...plant(i), name: '' }),
  awkward: awkwardTexts.filter(text => text !== '').map((name, i) => ({ id: `a${i}`, name, big: null })),
  stall: ({ destination }) => {
    let release = () => {}
    destination.gate = new Promise(resolve => {
      release = () => {
        delete destination.gate
        resolve()
      }
    })
    return { release }
  },
  faults: {
    denied: ({ destination }) => {
      destination.fails = new SinkError('ETL_SINK_DENIED', 'no')
    },
    throttled: ({ destination }) => {
      destination.fails = new SinkError('ETL_SINK_RATE_LIMITED', 'slower', { retry: 'later' })
    },
    unavailable: ({ destination }) => {
      destination.fails = new SinkError('ETL_SINK_UNAVAILABLE', 'away', { retry: 'exhausted' })
    },
    full: {
      arm: ({ destination }) => {
        destination.fails = new SinkError('ETL_SINK_FULL', 'no space', { retry: 'later' })
      },
      codes: ['ETL_SINK_FULL'],
      retry: ['later'],
    },
  },
})

const all: SinkCapabilities[] = (['append', 'merge', 'replace'] as const).flatMap(disposition =>
  (['flush', 'commit'] as const).flatMap(durableAt =>
    (['idempotent', 'duplicates'] as const).flatMap(replay =>
      (['outside', 'inTransaction'] as const).map(cursor => ({ disposition, durableAt, replay, cursor })),
    ),
  ),
)

describeSink('memory that replaces', suite({ disposition: 'replace' }))
describeSink('memory with its cursor in the transaction', suite({ disposition: 'merge', cursor: 'inTransaction' }))
describeSink('memory that is durable at commit', suite({ durableAt: 'commit', replay: 'duplicates' }))

describe('a memory sink keeps the contract', () => {
  const options = [...all, { publishes: true }, { publishes: true, disposition: 'merge' } as const]

  it.each(options.map(each => [Object.values(each).join(' '), each] as const))('when it is %s', async (_, each) => {
    const cases = sinkCases(suite(each))

    expect(
      await failing(
        cases,
        cases.map(({ name }) => name),
      ),
    ).toEqual([])
  })
})

test('a memory sink keeps what a later owner staged, though an earlier one wakes up and opens the split', async () => {
  const sink = memorySink<number>({ disposition: 'append', publishes: true })
  const owner = (epoch: number) => testSplitContext({ load: { ...testContext().load, epoch } })
  const group = { name: 'split-1', receipts: [{ split: { id: 'split-1', params: null }, receipt: null }], labels: {} }
  const later = await sink.open(owner(2))
  await later.write({ id: 'b1', checkpoint: { cursor: 1, batchNo: 1 }, rows: rowsOf([1]), rawOf: row => row })
  await later.commit()

  await sink.open(owner(1))
  await sink.publish?.(group, owner(2))

  expect(sink.visible()).toEqual([1])
})

/** The contract of a memory sink with something broken, which may use the honest sink that other capabilities would make. */
const broken = (options: MemorySinkOptions<Plant>, break_: (sink: Sink<Plant>) => Partial<Sink<Plant>>) =>
  sinkCases<Plant, ReturnType<typeof world>>({
    ...suite(options),
    open: () => {
      const honest = world(options)
      return { ...honest, sink: { ...honest.sink, ...break_(honest.sink) } }
    },
  })

const claiming = (claims: Partial<SinkCapabilities>) => (sink: Sink<Plant>) => ({
  capabilities: { ...sink.capabilities, ...claims },
})

const writing = (change: (writer: SinkWriter<Plant>) => Partial<SinkWriter<Plant>>) => (sink: Sink<Plant>) => ({
  open: async (ctx: Parameters<Sink<Plant>['open']>[0]) => {
    const writer = await sink.open(ctx)
    return { ...writer, ...change(writer) }
  },
})

describe('the sink contract finds', () => {
  it('a sink that is visible before it is published', async () => {
    const early = memorySink<Plant>({ disposition: 'append' })
    const cases = sinkCases({
      record: plant,
      open: () => {
        const sink = memorySink<Plant>({ disposition: 'append' })
        return { sink: { ...sink, publish: async () => ({}) }, readBack: () => sink.visible() }
      },
    })

    expect(early.publish).toBeUndefined()
    await expectFailing(
      cases,
      'nothing of a load is visible before it is published',
      'until a second load is published, the first is visible unchanged',
      'a group becomes visible without the others of its load',
    )
  })

  it('a sink that duplicates on replay although it says it does not', async () => {
    await expectFailing(
      broken({ replay: 'duplicates' }, claiming({ replay: 'idempotent' })),
      'batches written again after a flush that was not saved leave one copy',
      'a split written again from its start leaves one copy',
      'commit can be repeated by another writer whose predecessor was not heard',
    )
  })

  it('a sink that keeps nothing at flush although it says it does', async () => {
    const cases = broken({ durableAt: 'commit' }, sink => {
      const hasty = writing(writer => {
        let last: Checkpoint | undefined
        return {
          write: async batch => {
            last = batch.checkpoint
            return writer.write(batch)
          },
          flush: async () => last,
        }
      })
      return { ...claiming({ durableAt: 'flush' })(sink), ...hasty(sink) }
    })

    await expectFailing(cases, 'suspend keeps what was flushed, and the next writer of the split adds to it')
  })

  it('a sink that says that a flush is kept, acknowledges nothing, and forgets everything at a stop', async () => {
    const cases = broken({ durableAt: 'commit' }, claiming({ durableAt: 'flush' }))
    const name = 'a flush acknowledges what it made durable, and the next writer goes on behind that'

    await expect(caseNamed(cases, name).run()).rejects.toThrow("declares durableAt 'flush' and acknowledged nothing")
  })

  it('a sink that acknowledges later than its suite says', async () => {
    const name = 'a flush acknowledges what it made durable, and the next writer goes on behind that'
    const lagging = (acknowledgesWithinRecords: number) =>
      caseNamed(sinkCases({ ...suite({}), open: () => lags(world({}), 400), acknowledgesWithinRecords }), name).run()

    await expect(lagging(300)).rejects.toThrow('acknowledged nothing')
    await expect(lagging(500)).resolves.toBeUndefined()
  })

  it('a writer that begins at part one again and overwrites the parts of the one before', async () => {
    const parts = new Map<string, readonly Plant[]>()
    const cases = sinkCases<Plant, { sink: Sink<Plant>; readBack: () => readonly Plant[] }>({
      record: plant,
      open: () => {
        parts.clear()
        return { sink: numberedParts(parts), readBack: () => [...parts.values()].flat() }
      },
    })

    await expectFailing(cases, 'suspend keeps what was flushed, and the next writer of the split adds to it')
    await expect(caseNamed(cases, 'every record of a committed split arrives').run()).resolves.toBeUndefined()
  })

  it('an acknowledgement of a batch that was not written', async () => {
    const cases = broken(
      {},
      writing(() => ({ flush: async () => ({ cursor: 99, batchNo: 99 }) })),
    )

    await expect(caseNamed(cases, 'every record of a committed split arrives').run()).rejects.toThrow(
      'flush acknowledged batch 99 after batch 1 was written',
    )
  })

  it('a publish that adds to what it has added before', async () => {
    const cases = sinkCases({
      record: plant,
      open: () => {
        const staged = memorySink<Plant>()
        const seen: Plant[] = []
        const publish = async () => {
          seen.push(...staged.visible())
          return {}
        }
        return { sink: { ...staged, publish }, readBack: () => seen }
      },
    })

    await expectFailing(cases, 'publish can be repeated')
  })

  it('dispositions that do not do what they say', async () => {
    await expectFailing(
      broken({ disposition: 'append' }, claiming({ disposition: 'merge' })),
      'a second load does to the first what the disposition says',
      'a record of a second load with a known key takes the place of the first',
    )
    await expectFailing(
      broken({ disposition: 'append', publishes: true }, claiming({ disposition: 'replace' })),
      'a second load does to the first what the disposition says',
      'a replaced group leaves the other groups alone',
    )
    await expectFailing(broken({}, claiming({ disposition: 'replace' })), 'the declared capabilities can be true together')
  })

  it('a discard that takes what is published, or leaves what is not', async () => {
    const options = { disposition: 'replace' } as const
    const greedy = broken(options, sink => ({
      discard: async (_loadId, ctx) => {
        for (const name of ['group-1', 'group-2']) await sink.publish?.({ name, receipts: [] }, ctx)
      },
    }))

    await expectFailing(greedy, 'a load that is given up leaves what was visible, and the next load arrives')
    await expectFailing(greedy, 'cleaning up after a published load leaves it visible')
  })

  it('a transaction that lets an earlier owner in, or does not say where it stands', async () => {
    await expectFailing(
      broken({ cursor: 'outside' }, claiming({ cursor: 'inTransaction' })),
      'an earlier owner of a split is refused once a later one has opened it',
      'a writer says where it stands if, and only if, its cursor is in the transaction',
    )
  })

  it('a writer that goes on after its end', async () => {
    const cases = broken(
      {},
      writing(() => ({ write: async () => ({}) })),
    )
    const afterCommit = caseNamed(cases, 'a writer that has ended in commit refuses every further batch with ETL_SINK_CLOSED')

    await expect(afterCommit.run()).rejects.toThrow('a write after commit must throw ETL_SINK_CLOSED, and did not')

    await expectFailing(
      cases,
      'a writer that has ended in commit refuses every further batch with ETL_SINK_CLOSED',
      'a writer that has ended in suspend refuses every further batch with ETL_SINK_CLOSED',
      'a writer that has ended in abort refuses every further batch with ETL_SINK_CLOSED',
      'every record of a committed split arrives',
      'a refused record is named by its row, and the rest of its batch is written',
    )
  })

  it('a sink that buffers without end, and one that does not hear the signal', async () => {
    const buffering = broken({}, sink => ({
      open: async ctx => {
        const writer = await sink.open(ctx)
        const taken: Promise<unknown>[] = []
        return {
          ...writer,
          write: async batch => {
            taken.push(writer.write(batch).catch(() => undefined))
            return {}
          },
        }
      },
    }))
    const deaf = broken({}, sink => ({ open: ctx => sink.open({ ...ctx, signal: new AbortController().signal }) }))

    await expectFailing(buffering, 'a destination that stands still makes the writer wait, and nothing is lost when it goes on')
    await expectFailing(deaf, 'the signal ends a write that waits')
  })

  it('faults of another code, another verdict, or none', async () => {
    const away = new SinkError('ETL_SINK_UNAVAILABLE', 'away')
    const cases = broken({}, sink => faulty(sink, { call: 'open', error: away, times: 99 }))
    const names = ['denied', 'throttled', 'unavailable', 'full'].map(
      name => `a destination that is ${name} ends in an error of the right code and retry verdict`,
    )

    await expectFailing(cases, ...names)
  })

  it('text that is changed on the way', async () => {
    const cases = broken(
      {},
      writing(writer => ({
        write: batch => {
          const rows = batch.rows.toArray().map(row => ({ ...row, name: row.name.trim() }))
          return writer.write({ ...batch, rows: { length: rows.length, toArray: () => rows } })
        },
      })),
    )

    await expectFailing(cases, 'awkward values come back as they were')
  })
})

describe('a case that does not apply', () => {
  it('says which capability rules it out', async () => {
    const cases = sinkCases({ record: plant, open: () => world({ replay: 'duplicates', durableAt: 'commit' }) })

    expect(await caseNamed(cases, 'publish can be repeated').run()).toMatch(/it has no publish/)
    expect(await caseNamed(cases, 'a split written again from its start leaves one copy').run()).toBe(
      'declared: a batch written again is there twice',
    )
    expect(caseNamed(cases, 'awkward values come back as they were').skip).toBe('the suite was given no `awkward` records')
  })
})

/** The same world, where a flush makes nothing durable before so many records. */
function lags<W extends { readonly sink: Sink<Plant> }>(world: W, records: number): W {
  const sink = writing(writer => {
    let written = 0
    return {
      write: async batch => {
        written += batch.rows.length
        return writer.write(batch)
      },
      flush: async () => (written < records ? undefined : writer.flush()),
    }
  })(world.sink)
  return { ...world, sink: { ...world.sink, ...sink } }
}

/** Parts named by a counter that each writer begins anew. */
function numberedParts(parts: Map<string, readonly Plant[]>): Sink<Plant> {
  return {
    name: 'numbered',
    capabilities: { disposition: 'append', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' },
    async open(ctx) {
      let part = 0
      let rows: Plant[] = []
      let last: Checkpoint | undefined
      const flush = async () => {
        if (rows.length > 0) parts.set(`${ctx.load.loadId}/${ctx.split.id}/${part++}`, rows)
        rows = []
        return last
      }
      return {
        async write(batch) {
          rows.push(...batch.rows.toArray())
          last = batch.checkpoint
          return {}
        },
        flush,
        async commit() {
          await flush()
          return null
        },
        suspend: async () => {},
        abort: async () => {},
      }
    },
  }
}
