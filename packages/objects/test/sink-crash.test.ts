import type { Format, ObjectSinkOptions } from '@millrace/etl-core'
import { csv, gzip, json, ndjson } from '@millrace/formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { folderStore, memoryStore, type ObjectStore, objectSink } from '../src/index.js'
import { split } from './support/contexts.js'
import { counted, lines } from './support/formats.js'
import { type SimulatedLoad, simulate } from './support/simulate.js'
import { contents, mortal, reaper, visible } from './support/stores.js'
import { tempFolder } from './support/temp.js'

const runs = process.env.MILLRACE_TEST_LONG ? 2_000 : 40
const never = Number.POSITIVE_INFINITY

type Layout = Omit<ObjectSinkOptions<string>, 'format'>
const objectLayout: Layout = { path: '{group}/{startedOn}.{ext}', latest: 'latest.{ext}' }
const appendLayout: Layout = { path: 'data/{group}', layout: 'append' }

interface Story {
  readonly batches: readonly (readonly (readonly string[])[])[]
  readonly flushes: readonly boolean[]
  readonly deaths: readonly { readonly at: number; readonly when: 'before' | 'after' }[]
  readonly partBytes: number
}

const record = fc.string({ unit: fc.constantFrom('a', 'b', 'ñ', ',', '"'), minLength: 1, maxLength: 12 })
const story: fc.Arbitrary<Story> = fc.record({
  batches: fc.array(fc.array(fc.array(record, { maxLength: 6 }), { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
  flushes: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  deaths: fc.array(fc.record({ at: fc.nat(25), when: fc.constantFrom('before' as const, 'after' as const) }), { maxLength: 4 }),
  partBytes: fc.constantFrom(1, 20, 100, 10_000),
})

/** One load, killed as the story says, and flushed at other points in every attempt. */
async function tell<T>(
  story: Story,
  store: ObjectStore,
  format: Format<T>,
  layout: Layout,
  records: (text: string) => T,
): Promise<void> {
  const load: SimulatedLoad<T> = {
    splits: story.batches.map((batches, index) => ({
      split: split(`s${index}`, 'all'),
      batches: batches.map(batch => batch.map(records)),
    })),
    flushAfter: (attempt, _, batchNo) => story.flushes[(attempt * 3 + batchNo) % story.flushes.length] as boolean,
  }
  await simulate(load, attempt => {
    const death = story.deaths[attempt - 1]
    const mine = reaper(death?.at ?? never, death?.when ?? 'before')
    const options = { ...layout, store: () => mortal(store, mine), shown: 'memory:', partBytes: story.partBytes }
    return { reaper: mine, sink: objectSink<T>({ ...options, format } as Parameters<typeof objectSink<T>>[0]) }
  })
}

const calm = (story: Story): Story => ({ ...story, flushes: [false], deaths: [], partBytes: 1_000_000 })

const asText = (text: string) => text
const asRow = (text: string) => ({ text, length: text.length })

const formats = {
  'lines, whose units end anywhere': [lines, asText],
  'counted units that are described at the end': [counted(4), asText],
  'csv without known columns': [csv<{ text: string }>(), asRow],
  'a json array': [json(), asRow],
  'gzip members': [gzip(ndjson(), { unitRecords: 3 }), asRow],
} as unknown as Record<string, [Format<unknown>, (text: string) => unknown]>

describe.each(Object.entries(formats))('%s', (_, [format, records]) => {
  test('one object holds the same bytes however often the load was flushed, stopped and killed', async () => {
    await fc.assert(
      fc.asyncProperty(story, async told => {
        const [disturbed, undisturbed] = [memoryStore(), memoryStore()]
        await tell(told, disturbed, format, objectLayout, records)
        await tell(calm(told), undisturbed, format, objectLayout, records)
        expect(await visible(disturbed)).toEqual(await visible(undisturbed))
        expect(Object.keys(await contents(disturbed)).filter(key => key.includes('/staging/'))).toEqual([])
      }),
      { numRuns: runs },
    )
  })

  test('appended objects hold every record once, in the order of the splits', async () => {
    await fc.assert(
      fc.asyncProperty(story, async told => {
        const [disturbed, undisturbed] = [memoryStore(), memoryStore()]
        await tell(told, disturbed, format, appendLayout, records)
        await tell(calm(told), undisturbed, format, appendLayout, records)
        expect(await visible(disturbed)).toEqual(await visible(undisturbed))
      }),
      { numRuns: runs },
    )
  })
})

describe('every point of death', () => {
  const told: Story = {
    batches: [
      [['a', 'b'], [], ['c', 'd', 'e']],
      [['f'], ['g', 'h']],
    ],
    flushes: [true],
    deaths: [],
    partBytes: 3,
  }

  test.each(['before', 'after'] as const)(
    '%s each call of a load to a folder: the result is that of a quiet load',
    async when => {
      const quiet = folderStore(await tempFolder())
      await tell(told, quiet, lines, objectLayout, asText)
      const expected = await contents(quiet, key => !key.includes('/manifests/'))
      let at = 0
      for (let died = true; died; at++) {
        const store = folderStore(await tempFolder())
        const counter = reaper(at, when)
        let attempts = 0
        const load = {
          splits: told.batches.map((batches, i) => ({ split: split(`s${i}`, 'all'), batches })),
          flushAfter: () => true,
        }
        attempts = await simulate<string>(load, attempt => {
          const mine = attempt === 1 ? counter : reaper(never, 'before')
          const options = { ...objectLayout, partBytes: told.partBytes, shown: 'file:', format: lines }
          return { reaper: mine, sink: objectSink({ ...options, store: () => mortal(store, mine) }) }
        })
        died = attempts > 1
        expect(await contents(store, key => !key.includes('/manifests/')), `dead ${when} step ${at}`).toEqual(expected)
      }
      expect(at).toBeGreaterThan(25)
    },
  )
})
