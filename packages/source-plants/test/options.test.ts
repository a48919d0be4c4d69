import { isEtlError } from '@millrace/etl-core'
import { testContext } from '@millrace/etl-testkit'
import { describe, expect, it } from 'vitest'
import { exampleApiUrl, plants, plantsOptions } from '../src/index.js'

const refusal = (options: object) => {
  try {
    plants(options)
    return undefined
  } catch (error) {
    if (!isEtlError(error, 'ETL_CONFIG_INVALID')) throw error
    return error.message
  }
}

describe('options', () => {
  it('are all optional', () => {
    expect(plantsOptions.parse({}).apiUrl).toBe(exampleApiUrl)
    expect(refusal({})).toBeUndefined()
  })

  it('leave a minute some time for the destination', () => {
    expect(plantsOptions.parse({}).budgetMs).toBeLessThan(60_000)
  })

  it.each([
    [{ apiUrl: 'ftp://museum.example' }, /apiUrl: must be an address that begins with http/],
    [{ apiUrl: 'http://museum.example/plants?key=1' }, /apiUrl: must end with the path/],
    [{ knownIds: 1e9 }, /knownIds/],
    [{ timeZone: 'Europe/Camelot' }, /timeZone: "Europe\/Camelot" is not known/],
    [{ concurrency: 0 }, /concurrency/],
    [{ stopAfter: 0 }, /stopAfter/],
    [{ budgetMs: 0.5 }, /budgetMs/],
    [{ retries: 3 }, /retries/],
  ])('that make no sense are refused: %j', (options, problem) => {
    expect(refusal(options)).toMatch(problem)
  })

  it('that are wrong are named all at once', () => {
    expect(refusal({ concurrency: 0, knownIds: -1 })).toMatch(/knownIds.*concurrency|concurrency.*knownIds/)
  })

  it('give a plan that is of another identity only if times are read otherwise', () => {
    const identities = [{}, { apiUrl: 'http://127.0.0.1/plants' }, { concurrency: 3 }, { timeZone: 'Europe/Paris' }].map(
      options => plants(options).identity,
    )

    expect(identities[1]).toEqual(identities[0])
    expect(identities[2]).toEqual(identities[0])
    expect(identities[3]).not.toEqual(identities[0])
  })

  it('knownIds and the highest id seen both count, the larger one', async () => {
    const rangeOf = async (knownIds: number, highestId: number) => {
      const plan = await plants({ knownIds }).plan(testContext({ bookmarks: new Map([['plants', { highestId }]]) }))
      return plan.splits.map(({ params }) => params)
    }

    expect(await rangeOf(3, 9)).toEqual([
      { from: 1, to: 9 },
      { from: 10, highest: 9 },
    ])
    expect(await rangeOf(9, 3)).toEqual([
      { from: 1, to: 9 },
      { from: 10, highest: 3 },
    ])
  })
})
