import { httpReader } from '@millrace/http'
import { Agent } from 'undici'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Observation, worldBank } from '../src/index.js'
import { quick, recordsOfPlan, serve } from './helpers.js'

describe('options', () => {
  it('that are wrong are all told at once, before anything is asked', () => {
    const make = () => worldBank({ indicators: [], date: 'yesterday', perPage: 0, colour: 'red' } as never)

    expect(make).toThrow(/indicators: .*date: a year 2020.*perPage: .*colour/)
    expect(make).toThrow(expect.objectContaining({ code: 'ETL_CONFIG_INVALID', name: 'ConfigError' }))
  })

  it.each([
    { indicators: ['A;B'] },
    { indicators: ['../x'] },
    { indicators: ['A'], countries: ['KENYA'] },
    { indicators: ['A'], source: 'WDI' },
    { indicators: ['A'], mrv: 1, mrnev: 1 },
    { indicators: ['A'], gapfill: true },
    { indicators: ['A'], apiUrl: 'file:///etc' },
    { indicators: ['A'], join: ['region'] },
    { indicators: ['A'], perPage: 5001 },
  ])('%j is refused', options => {
    expect(() => worldBank(options as never)).toThrow(expect.objectContaining({ code: 'ETL_CONFIG_INVALID' }))
  })

  it.each(['2020', '2000:2010', '2012M01:2012M08', '2013Q1:2013Q4', 'YTD:2010', 'YTD'])('the date %s is fine', date => {
    expect(() => worldBank({ indicators: ['A'], date })).not.toThrow()
  })

  it('that decide records are the identity; where and how fast is not', () => {
    const identity = (options: object) => JSON.stringify(worldBank({ indicators: ['A'], ...options }).identity)

    expect(identity({ apiUrl: 'https://example.org/v2', perPage: 5, indicators: ['B'], splitEconomies: 5 })).toBe(identity({}))
    expect(identity({ source: 2 })).toBe(identity({ source: '2' }))
    expect(
      new Set([{}, { aggregates: 'drop' }, { language: 'es' }, { join: ['country'] }, { countries: ['ETH'] }].map(identity)).size,
    ).toBe(5)
  })

  it('may be undefined, as parameters that were not given are', () => {
    expect(() =>
      worldBank({ indicators: ['A'], date: undefined, mrv: undefined, join: undefined, client: undefined }),
    ).not.toThrow()
  })

  it.each([
    ['reader', () => httpReader()],
    ['dispatcher', () => new Agent()],
  ])('take a ready %s', async (_name, client) => {
    const server = await serve()

    expect(await recordsOfPlan(worldBank(quick(server, { client: client() })))).toHaveLength(20)
  })

  it('type the records', () => {
    type RecordOf<S> = S extends { read(...args: never[]): AsyncIterable<{ readonly records: infer R }> } ? R : never
    const plain = worldBank({ indicators: ['A'] })
    const joined = worldBank({ indicators: ['A'], join: ['country'], footnote: true })

    expectTypeOf<Extract<RecordOf<typeof plain>, readonly unknown[]>[number]>().toEqualTypeOf<Observation>()
    type Joined = Extract<RecordOf<typeof joined>, readonly unknown[]>[number]
    expectTypeOf<Joined['country_is_aggregate']>().toEqualTypeOf<boolean | null>()
    expectTypeOf<Joined['footnote']>().toEqualTypeOf<string>()
    expectTypeOf<Joined>().not.toHaveProperty('indicator_source_note')
  })
})
