import { type Json, type RunContext, type Source, SourceError, type SplitContext } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { arraySource, describeSource, type HttpPlayer, playRecordings, type SourceSuite, sourceCases } from '../src/index.js'
import { caseNamed, expectFailing } from './failing.js'

const splits = { a: [1, 2, 3, 4, 5], b: [6], c: [7, 8, 9] }
const everything = Object.values(splits).flat()

describeSource('an array', { open: () => ({ source: arraySource({ splits }) }), expected: everything })
describeSource('an array with bookmarks and groups', {
  open: () => ({ source: arraySource({ splits, bookmark: { at: 1 }, group: { a: 'ab', b: 'ab' } }) }),
  expected: everything,
  empty: () => ({ source: arraySource<number>({ splits: {} }) }),
})
describeSource('an array that is never read twice alike', {
  open: () => ({ source: arraySource({ splits, rereads: 'mayDiffer' }) }),
  expected: everything,
  ordered: false,
})
describeSource('an array that cannot go on', {
  open: () => ({ source: arraySource({ splits, resumable: false }) }),
  expected: everything,
})

interface Plant {
  readonly id: number
}

const pages = [[1, 2], [3, 4], [5]].map(ids => ids.map(id => ({ id })))

/** The smallest source over HTTP: pages until one says that it is the last. */
function plants(player: HttpPlayer): Source<Plant> {
  const get = async (page: number, ctx: SplitContext): Promise<{ plants: Plant[]; more: boolean }> => {
    ctx.signal.throwIfAborted()
    const response = await fetch(`${player.url}/plants?page=${page}`, { signal: ctx.signal }).catch(error => {
      throw new SourceError('ETL_SOURCE_UNAVAILABLE', 'no answer', { retry: 'later', cause: error })
    })
    const text = await response.text()
    if (!response.ok) throw translated(response.status)
    try {
      return JSON.parse(text) as { plants: Plant[]; more: boolean }
    } catch (cause) {
      throw new SourceError('ETL_SOURCE_MALFORMED', 'no JSON', { cause })
    }
  }
  return {
    name: 'plants',
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: [{ id: 'plants', params: null }] }),
    async *read(_split, from, ctx) {
      for (let page = ((from as number | undefined) ?? 0) + 1; ; page++) {
        const { plants: records, more } = await get(page, ctx)
        if (records.length > 0) yield { records, cursor: page }
        if (!more) return
      }
    },
  }
}

function translated(status: number): SourceError {
  const codes: Record<number, [string, 'later' | 'never']> = {
    401: ['ETL_SOURCE_DENIED', 'never'],
    404: ['ETL_SOURCE_NOT_FOUND', 'never'],
    429: ['ETL_SOURCE_RATE_LIMITED', 'later'],
  }
  const [code, retry] = codes[status] ?? ['ETL_SOURCE_UNAVAILABLE', 'later']
  return new SourceError(code, `status ${status}`, { retry })
}

const recorded = async (change: (source: Source<Plant>, player: HttpPlayer) => Source<Plant> = source => source, of = pages) => {
  // One page more than there are: whoever asks again after the last gets an empty one.
  const routes = [...of, []].map((records, index) => ({
    path: `/plants?page=${index + 1}`,
    body: { plants: records, more: index < of.length - 1 } as unknown as Json,
  }))
  const player = await playRecordings({ routes })
  return {
    player,
    source: change(plants(player), player),
    requests: () => player.requests.length,
    open: () => player.inFlight(),
    close: () => player.close(),
  }
}

type World = Awaited<ReturnType<typeof recorded>>

const status = (code: number) => (world: World) => world.player.fail({ kind: 'status', status: code, times: 99 })

const suite: SourceSuite<Plant, World> = {
  open: () => recorded(),
  expected: pages.flat(),
  empty: () => recorded(undefined, []),
  faults: {
    throttled: status(429),
    unavailable: status(503),
    denied: status(401),
    missing: status(404),
    malformed: ({ player }) => player.fail({ kind: 'status', status: 200, body: '<html>' }),
    reset: {
      arm: ({ player }) => player.fail({ kind: 'reset', times: 99 }),
      codes: ['ETL_SOURCE_UNAVAILABLE'],
      retry: ['later'],
    },
  },
}

describeSource('pages over HTTP', suite)

const broken = (change: (source: Source<Plant>, player: HttpPlayer) => Partial<Source<Plant>>) =>
  sourceCases<Plant, World>({ ...suite, open: () => recorded((source, player) => ({ ...source, ...change(source, player) })) })

describe('the source contract finds', () => {
  it('a source that skips a record when it goes on', async () => {
    const cases = broken(source => ({
      read: (split, from, ctx) => source.read(split, typeof from === 'number' ? from + 1 : from, ctx),
    }))

    await expectFailing(cases, 'going on from any cursor leaves no gap and repeats nothing')
    await expect(caseNamed(cases, 'all splits together give every record once').run()).resolves.toBeUndefined()
  })

  it('a source that begins again instead of going on', async () => {
    const cases = broken(source => ({ read: (split, _from, ctx) => source.read(split, undefined, ctx) }))

    await expectFailing(
      cases,
      'going on from any cursor leaves no gap and repeats nothing',
      'batches read again end where they ended before',
    )
  })

  it('a source that loses a page, and splits that overlap', async () => {
    const losing = broken(source => ({
      async *read(split, from, ctx) {
        for await (const batch of source.read(split, from, ctx)) if (batch.cursor !== 2) yield batch
      },
    }))
    const overlapping = broken(() => ({ plan: async () => ({ splits: ['a', 'b'].map(id => ({ id, params: null })) }) }))

    await expectFailing(losing, 'all splits together give every record once')
    await expectFailing(overlapping, 'all splits together give every record once')
  })

  it('splits that are not JSON, not named well, or others at every plan', async () => {
    let count = 0
    const plans = [
      async () => ({ splits: [{ id: 'a', params: new Date(0) as never }] }),
      async () => ({ splits: [{ id: 'a b', params: null }] }),
      async () => ({ splits: [1, 2].map(() => ({ id: 'a', params: null })) }),
      async () => ({ splits: [{ id: `a${count++}`, params: null }] }),
    ]

    for (const plan of plans)
      await expectFailing(
        broken(() => ({ plan })),
        'splits are JSON, named apart, and the same at every plan',
      )
  })

  it('a source that reads ahead before it is asked, and one that goes on after the signal', async () => {
    const eager = broken((_source, player) => ({
      read(split, from, ctx) {
        const first = fetch(`${player.url}/plants?page=1`).then(response => response.text())
        return (async function* () {
          await first
          yield* plants(player).read(split, from, ctx)
        })()
      },
    }))
    const deaf = broken(source => ({
      read: (split, from, ctx) => source.read(split, from, { ...ctx, signal: new AbortController().signal }),
    }))

    await expectFailing(eager, 'nothing is fetched before it is asked for')
    await expectFailing(deaf, 'after the signal no new request starts, and reading ends')
  })

  it('a source that leaves requests open when it is left', async () => {
    const cases = broken((source, player) => ({
      async *read(split, from, ctx) {
        player.fail({ kind: 'delay', delayMs: 60_000 })
        void fetch(`${player.url}/plants?page=2`).catch(() => undefined)
        await expect.poll(() => player.inFlight()).toBe(1)
        yield* source.read(split, from, ctx)
      },
    }))

    await expectFailing(cases, 'leaving early closes what was open')
  })

  it('errors of another code or verdict', async () => {
    const cases = broken(source => ({
      async *read(split, from, ctx) {
        try {
          yield* source.read(split, from, ctx)
        } catch (error) {
          throw new SourceError('ETL_SOURCE_DENIED', 'whatever it was', { retry: 'later', cause: error })
        }
      },
    }))
    const names = ['throttled', 'unavailable', 'denied', 'missing', 'malformed', 'reset']

    await expectFailing(cases, ...names.map(name => `what is ${name} ends in an error of the right code and retry verdict`))
  })

  it('bookmarks that are not heeded, and bookmarks of groups that are not there', async () => {
    const bookmarks = (named: string) =>
      broken(source => ({
        plan: async (ctx: RunContext) => ({ ...(await source.plan(ctx)), bookmarks: { [named]: 1 } }),
      }))

    await expectFailing(bookmarks('plants'), 'with the bookmarks of a finished load nothing is read again')
    await expectFailing(bookmarks('others'), 'bookmarks and skipped groups are JSON, and bookmarks name groups of the plan')
  })

  it('a cursor that comes twice', async () => {
    const cases = broken(source => ({
      async *read(split, from, ctx) {
        for await (const batch of source.read(split, from, ctx)) yield { ...batch, cursor: 1 }
      },
    }))

    await expectFailing(cases, 'cursors are JSON, and no two batches of a split have the same')
  })

  it('a source that claims to read the same again and does not', async () => {
    const cases = sourceCases({
      open: () => {
        const source = arraySource({ splits, rereads: 'mayDiffer' })
        return { source: { ...source, capabilities: { resumable: true, rereads: 'same' as const } } }
      },
    })

    await expectFailing(
      cases,
      'reading a split again gives the same records in the same order',
      'batches read again end where they ended before',
    )
  })
})
