import { sourceCases } from '@millrace/etl-testkit/cases'
import { csv } from '@millrace/formats'
import { memoryStore, objectSource } from '@millrace/objects'
import { worldBank } from '@millrace/source-worldbank'
import { countryRow, observationRow, type WorldBankData, worldBankServer } from '@millrace/source-worldbank/testing'
import type { Suites } from '../suites.js'

const economies = ['ETH', 'NAM', 'TCD'].map((id, index) => ({ id, iso2: id.slice(0, 2), name: `economy ${index}` }))

/** One indicator, of three economies and four years: two pages of six rows. */
const data: WorldBankData = {
  countries: economies.map(countryRow),
  metadata: {},
  errors: {},
  indicators: [
    {
      id: 'A.ONE',
      sourceId: '2',
      lastUpdated: '2026-03-06',
      rows: economies.flatMap(({ id, iso2, name }) =>
        ['2003', '2002', '2001', '2000'].map(date =>
          observationRow({ indicator: 'A.ONE', country: iso2, iso3: id, countryName: name, date, value: date }),
        ),
      ),
    },
  ],
}

async function indicators() {
  const server = await worldBankServer({ data })
  const source = worldBank({
    indicators: ['A.ONE'],
    apiUrl: server.url,
    perPage: 6,
    retry: { attempts: 2, firstMs: 1, maxMs: 2 },
    timeoutMs: 2_000,
  })
  return { source, requests: () => server.requests.length, open: () => server.open, close: () => server.close() }
}

interface Named {
  readonly id: string
  readonly name: string
}

async function files() {
  const store = memoryStore()
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i},name – ñ`)
  await store.put('a.csv', Buffer.from(`id,name\n${lines.join('\n')}\n`))
  return { source: objectSource({ store: () => store, shown: 'memory:in', format: csv<Named>() }) }
}

/** Sources: an API page by page, and files. */
export const suites: Suites = {
  'indicators page by page': () => sourceCases({ open: indicators }),
  'csv files': () =>
    sourceCases({ open: files, expected: Array.from({ length: 20_000 }, (_, i) => ({ id: String(i), name: 'name – ñ' })) }),
}
