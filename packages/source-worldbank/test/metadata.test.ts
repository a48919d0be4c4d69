import { httpReader } from '@millrace/http'
import { describe, expect, it } from 'vitest'
import { indicatorInfo, listCountries } from '../src/index.js'
import { worldBankRecordings } from '../src/testing/index.js'
import { errorOf, serve } from './helpers.js'

const recordings = new URL('../../../systems/worldbank/recordings/', import.meta.url).pathname
const reader = httpReader({ retry: { attempts: 2, firstMs: 1, maxMs: 5 } })

describe('the country listing', () => {
  it('has 217 countries and 79 aggregates, and Namibia is a country', async () => {
    const server = await serve({ data: await worldBankRecordings(recordings) })

    const countries = await listCountries(reader, { apiUrl: server.url })

    expect(countries.filter(country => !country.isAggregate)).toHaveLength(217)
    expect(countries.filter(country => country.isAggregate)).toHaveLength(79)
    expect(countries.find(({ iso2Code }) => iso2Code === 'NA')).toMatchObject({ id: 'NAM', name: 'Namibia', isAggregate: false })
  })

  it('has trimmed labels, and null for what is unknown', async () => {
    const server = await serve({ data: await worldBankRecordings(recordings) })

    const countries = await listCountries(reader, { apiUrl: server.url })

    const aruba = countries.find(({ id }) => id === 'ABW')
    expect(aruba?.region).toEqual({ id: 'LCN', name: 'Latin America & Caribbean' })
    expect(aruba?.adminRegion).toEqual({ id: null, name: null })
    expect(countries.find(({ id }) => id === 'HKG')?.capitalCity).toBeNull()
  })
})

describe('the metadata of an indicator', () => {
  it('answers for a retired one too', async () => {
    const server = await serve({ data: await worldBankRecordings(recordings) })

    const info = await indicatorInfo(reader, 'IC.REG.DURS', { apiUrl: server.url })

    expect(info).toMatchObject({ id: 'IC.REG.DURS', sourceNote: expect.any(String) })
  })

  it('is refused for an unknown one', async () => {
    const server = await serve()

    expect(await errorOf(indicatorInfo(reader, 'NO.SUCH', { apiUrl: server.url }))).toMatchObject({ code: 'ETL_SOURCE_REFUSED' })
  })
})
