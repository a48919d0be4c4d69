import { describe, expect, it } from 'vitest'
import { serve } from './helpers.js'

const get = async (url: string) => (await fetch(url)).text()

describe('the test server', () => {
  it('makes up the number of pages past the end', async () => {
    const { url } = await serve()

    expect(await get(`${url}/country/all/indicator/A.ONE?format=json&per_page=6&page=99`)).toBe(
      '[{"page":99,"pages":1,"per_page":6,"total":20},[]]',
    )
  })

  it('has null for rows when nothing matches', async () => {
    const { url } = await serve()

    expect(await get(`${url}/country/all/indicator/A.ONE?format=json&date=2090`)).toBe(
      '[{"page":0,"pages":0,"per_page":0,"total":0,"sourceid":null,"lastupdated":null},null]',
    )
  })

  it('says with status 200 what it does not know', async () => {
    const { url } = await serve()

    for (const path of ['country/XYZ/indicator/A.ONE', 'country/all/indicator/NO', 'indicator/NO', 'country/XYZ']) {
      expect(await get(`${url}/${path}?format=json`)).toContain('"id":"120"')
    }
  })

  it('speaks XML unless asked for JSON, and HTML to a source that is no number', async () => {
    const { url } = await serve()

    expect(await get(`${url}/country`)).toContain('<?xml')
    expect((await fetch(`${url}/country/all/indicator/A.ONE?format=json&source=x`)).status).toBe(400)
  })

  it('has text for the page size of listings, and filters them', async () => {
    const { url } = await serve()

    const [meta, rows] = JSON.parse(await get(`${url}/country?format=json&region=NA`))

    expect([meta.per_page, rows.map((row: { id: string }) => row.id)]).toEqual(['50', ['AFE', 'WLD']])
  })

  it('gives the most recent periods, or values', async () => {
    const { url } = await serve()
    const datesOf = async (query: string) => {
      const [, rows] = JSON.parse(await get(`${url}/country/ETH/indicator/A.ONE?format=json&${query}`))
      return rows.map((row: { date: string }) => row.date)
    }

    expect(await datesOf('mrv=2')).toEqual(['2003', '2002'])
    expect(await datesOf('mrnev=2')).toEqual(['2003', '2001'])
    expect(await datesOf('date=YTD:2001')).toEqual(['2001', '2000'])
  })

  it('keeps a log of requests and faults', async () => {
    const server = await serve()
    server.failAt(2, { rateLimited: 3 })
    await get(`${server.url}/country?format=json`)

    const limited = await fetch(`${server.url}/country?format=json&page=2`)

    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
    expect(server.requests.map(({ no, query, fault }) => [no, query.page, fault])).toEqual([
      [1, undefined, undefined],
      [2, '2', { rateLimited: 3 }],
    ])
  })
})
