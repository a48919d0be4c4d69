import type { RelatedTablesOptions } from '@millrace/etl-core'
import { column } from '@millrace/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { load, ready } from './support/loads.js'
import { placeAt, query, worldFile } from './support/places.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 300 : 6

const schema = z.object({
  plant: column.int32(),
  name: column.string().nullable(),
  note: column.string(),
  at: column.timestamp(0),
})
type Seen = z.infer<typeof schema>

const options: RelatedTablesOptions<Seen> = {
  tables: {
    plant: { columns: { no: 'plant', name: 'name', note: 'note' }, key: ['no'], history: { of: ['name'], at: 'at' } },
    sighting: { columns: { at: 'at' }, references: { plant_id: 'plant' }, key: ['plant_id', 'at'], changes: 'keep' },
  },
}

interface Period {
  readonly plant: number
  name: string | null
  note: string
  readonly from: string
  until: string | null
}

/** What the declaration says of a batch, record by record in the order of time. */
function apply(periods: Period[], batch: readonly Seen[]): void {
  const known = new Map(batch.map(seen => [`${seen.plant} ${seen.at}`, seen]))
  for (const { plant, name, note, at } of [...known.values()].sort((a, b) => (a.at < b.at ? -1 : 1))) {
    const now = periods.find(each => each.plant === plant && each.until === null)
    if (!now || (at > now.from && name !== now.name)) {
      if (now) now.until = at
      periods.push({ plant, name, note, from: at, until: null })
    } else if (at >= now.from) Object.assign(now, { name, note })
  }
}

const seen: fc.Arbitrary<Seen> = fc.record({
  plant: fc.integer({ min: 1, max: 2 }),
  name: fc.constantFrom('A', 'B', null),
  note: fc.constantFrom('x', 'y'),
  at: fc.integer({ min: 0, max: 9 }).map(second => `2026-01-26T13:00:0${second}Z`),
})

test('history is what a careful clerk would have written, and facts are there once, whatever comes in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(seen, { maxLength: 6 }), { maxLength: 5 }), async batches => {
      const { path, close } = await worldFile()
      try {
        const expected: Period[] = []
        for (const batch of batches) apply(expected, batch)

        await load(ready(placeAt(path).tables(options), schema), batches)

        const text = (name: string) => `strftime("${name}", '%Y-%m-%dT%H:%M:%SZ')`
        const periods = await query(
          path,
          `SELECT no AS plant, name, note, ${text('valid_from')} AS "from", ${text('valid_until')} AS until FROM plant ORDER BY no, valid_from`,
        )
        const sorted = expected.toSorted((a, b) => a.plant - b.plant || (a.from < b.from ? -1 : 1))
        expect(periods).toEqual(sorted)

        const facts = await query(
          path,
          `SELECT no AS plant, ${text('at')} AS "at" FROM sighting JOIN plant USING (plant_id) ORDER BY 1, 2`,
        )
        const all = new Map(batches.flat().map(({ plant, at }) => [`${plant} ${at}`, { plant, at }]))
        expect(facts).toEqual([...all.keys()].sort().map(key => all.get(key)))
      } finally {
        await close()
      }
    }),
    { numRuns, endOnFailure: true },
  )
}, 900_000)
