import { worldBank } from '@millrace/source-worldbank'
import { countryRow, observationRow, worldBankServer } from '@millrace/source-worldbank/testing'
import { type Drafts, isUnreadable } from './drafts.js'
import type { SourceLine } from './source-line.js'

/** Groups are indicators; each block of economies is a split. */
export const theWorldBank: SourceLine = {
  name: 'the World Bank',
  of: 'source-worldbank',
  async serve(drafts) {
    const splits = Object.values(drafts).flatMap(of => Object.keys(of))
    const iso = (split: string) => `Z${split.toUpperCase()}`
    const rows = (indicator: string, of: Drafts[string]) =>
      Object.entries(of).flatMap(([split, all]) =>
        all.map((draft, at) =>
          observationRow({
            indicator,
            country: iso(split),
            iso3: `Z${iso(split)}`,
            countryName: draft.tag,
            date: `${2000 + at}`,
            value: isUnreadable(draft) ? '"none"' : `${draft.n}`,
          }),
        ),
      )
    const server = await worldBankServer({
      data: {
        countries: splits.map(split => countryRow({ id: `Z${iso(split)}`, iso2: iso(split), name: split })),
        indicators: Object.entries(drafts).map(([id, of]) => ({
          id,
          sourceId: '2',
          lastUpdated: '2026-03-06',
          rows: rows(id, of),
        })),
        metadata: Object.fromEntries(Object.keys(drafts).map(id => [id, JSON.stringify({ id, name: id })])),
        errors: {},
      },
    })
    const options = { indicators: Object.keys(drafts), splitEconomies: 1, perPage: 2, apiUrl: server.url }
    return {
      open: () => worldBank(options),
      draftOf(record) {
        const { country_id, date, value, country_name } = record as Record<string, string>
        return { id: `${country_id}${date}`, n: Number(value), tag: String(country_name) }
      },
      close: () => server.close(),
    }
  },
}
