import { describe, expect, it } from 'vitest'
import { worldBank } from '../src/index.js'
import { worldBankRecordings } from '../src/testing/index.js'
import { quick, recordsOfPlan, runContext, serve } from './helpers.js'

const recordings = new URL('../../../systems/worldbank/recordings/', import.meta.url).pathname
const serveRecordings = async (set = '') => serve({ data: await worldBankRecordings(recordings + set) })

describe('the recordings', () => {
  it('have the world from 2000 to 2024, digit for digit', async () => {
    const server = await serveRecordings()

    const records = await recordsOfPlan(worldBank(quick(server, { indicators: ['NY.GDP.MKTP.CD'], perPage: 1000 })))

    expect(records).toHaveLength(6_625)
    expect(records.filter(({ value }) => value === null)).toHaveLength(485)
    expect(records[1]).toMatchObject({ country_iso3: 'AFE', date: '2023', value: '1236163044999.9653' })
  })

  it('give the same in blocks of economies', async () => {
    const server = await serveRecordings()
    const options = quick(server, { indicators: ['SP.POP.TOTL'], perPage: 1000 })

    const blocks = worldBank({ ...options, splitEconomies: 60 })

    expect((await blocks.plan(runContext())).splits).toHaveLength(5)
    expect(await recordsOfPlan(blocks)).toEqual(await recordsOfPlan(worldBank(options)))
  })

  it('have nine captured indicators, half of their values empty, and a retired one', async () => {
    const server = await serveRecordings('captured-2026-08')
    const { indicators } = await worldBankRecordings(`${recordings}captured-2026-08`)
    const ids = [...indicators.map(({ id }) => id), 'IC.REG.DURS']

    const source = worldBank(quick(server, { indicators: ids, countries: ['TCD', 'ETH', 'KEN', 'RWA', 'SSD'], perPage: 100 }))
    const records = await recordsOfPlan(source)

    expect([records.length, records.filter(({ value }) => value === null).length]).toEqual([2_970, 1_503])
    const { failed } = await source.plan(runContext())
    expect(failed?.map(({ group, error }) => [group, error.code])).toEqual([['IC.REG.DURS', 'ETL_SOURCE_REFUSED']])
  })

  it('are served together, of two recordings of an indicator the larger', async () => {
    const { indicators, countries, metadata } = await worldBankRecordings(recordings)

    expect([indicators.length, countries.length, Object.keys(metadata).length]).toEqual([10, 296, 10])
    expect(indicators.find(({ id }) => id === 'SP.POP.TOTL')?.rows).toHaveLength(6_625)
  })
})
