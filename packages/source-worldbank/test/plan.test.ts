import { isEtlError } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { worldBank } from '../src/index.js'
import { countryRow, observationRow } from '../src/testing/index.js'
import { economies, errorOf, onlySplit, quick, readAll, recordsOfPlan, runContext, serve, smallData } from './helpers.js'

describe('planning', () => {
  it('makes one split and one group of each indicator, with its day of update', async () => {
    const server = await serve()

    const plan = await worldBank(quick(server, { indicators: ['A.ONE', 'A.TWO', 'A.ONE'] })).plan(runContext())

    expect(plan.splits.map(split => [split.group, split.labels])).toEqual([
      ['A.ONE', { indicator: 'A.ONE', lastUpdated: '2026-03-06', source: '2' }],
      ['A.TWO', { indicator: 'A.TWO', lastUpdated: '2026-03-06', source: '2' }],
    ])
    expect(plan.bookmarks).toEqual({ 'A.ONE': '2026-03-06', 'A.TWO': '2026-03-06' })
    expect(JSON.parse(JSON.stringify(plan.splits))).toEqual(plan.splits)
    for (const { id } of plan.splits) expect(id).toMatch(/^[A-Za-z0-9._-]{1,120}$/)
  })

  it('gives the same splits again, and others when anything that decides the records is different', async () => {
    const server = await serve()
    const idOf = async (options: object) => (await onlySplit(worldBank({ ...quick(server), ...options }))).id
    const id = await idOf({})

    expect(await idOf({ perPage: 3, concurrency: 1 })).toBe(id)
    const others = await Promise.all(
      [{ date: '2000' }, { mrv: 1 }, { countries: ['ETH'] }, { aggregates: 'drop' }, { footnote: true }].map(idOf),
    )
    server.update('2026-04-01')
    expect(new Set([id, ...others, await idOf({})]).size).toBe(7)
  })

  it('skips what has not been updated since, and what has no data', async () => {
    const server = await serve()
    const source = worldBank(quick(server, { indicators: ['A.ONE', 'A.TWO'] }))

    const plan = await source.plan(runContext({ bookmarks: { 'A.ONE': '2026-03-06', 'A.TWO': '2026-02-01' } }))
    const future = await worldBank(quick(server, { date: '2090' })).plan(runContext())

    expect([plan.splits.map(split => split.group), plan.skipped]).toEqual([['A.TWO'], [{ group: 'A.ONE', reason: 'unchanged' }]])
    expect([future.splits, future.skipped]).toEqual([[], [{ group: 'A.ONE', reason: 'no data' }]])
  })

  it('lets an indicator that the API refuses fail alone', async () => {
    const server = await serve()

    const plan = await worldBank(quick(server, { indicators: ['A.GONE', 'A.ONE', 'A.NEVER'] })).plan(runContext())

    expect(plan.splits.map(split => split.group)).toEqual(['A.ONE'])
    expect(plan.failed?.map(({ group, error }) => [group, error.code, error.retry])).toEqual([
      ['A.GONE', 'ETL_SOURCE_REFUSED', 'never'],
      ['A.NEVER', 'ETL_SOURCE_REFUSED', 'never'],
    ])
    expect(plan.failed?.[0]?.error.message).toContain('It may have been deleted or archived (175 Invalid format).')
    expect(server.requests).toHaveLength(3)
  })

  it('is not possible while the API is away, and says so once all attempts are used up', async () => {
    const server = await serve()
    server.failNext('badGateway', 10)

    const error = await errorOf(worldBank(quick(server, { indicators: ['A.ONE', 'A.TWO'] })).plan(runContext()))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'exhausted' })
    const seen = server.requests.length
    await new Promise(resolve => setTimeout(resolve, 30))
    // One may have been on its way.
    expect(server.requests.length).toBeLessThanOrEqual(seen + 1)
  })

  it('is not possible without access', async () => {
    const server = await serve()
    server.failNext({ status: 403, body: 'no' })

    expect(await errorOf(worldBank(quick(server)).plan(runContext()))).toMatchObject({ code: 'ETL_SOURCE_DENIED' })
  })

  it('ends with the signal', async () => {
    const server = await serve({ delayMs: 500 })
    const reason = new Error('stop')

    expect(await errorOf(worldBank(quick(server)).plan(runContext({ signal: AbortSignal.timeout(20) })))).toMatchObject({
      name: 'TimeoutError',
    })
    expect(await errorOf(worldBank(quick(server)).plan(runContext({ signal: AbortSignal.abort(reason) })))).toBe(reason)
  })

  it('tells of attempts that failed', async () => {
    const server = await serve()
    const warnings: string[] = []
    server.failNext('requestError')

    await worldBank(quick(server)).plan(runContext({ log: { info() {}, warn: message => warnings.push(message) } }))

    expect(warnings).toEqual([expect.stringMatching(/^World Bank: asked again while planning: .*400/)])
  })
})

describe('blocks of economies', () => {
  it.each([1, 2, 3, 5, 9])('of %i give the rows of the whole, in the same order', async splitEconomies => {
    const server = await serve()
    const whole = await recordsOfPlan(worldBank(quick(server)))

    const source = worldBank(quick(server, { splitEconomies }))
    const { splits } = await source.plan(runContext())

    expect(splits).toHaveLength(Math.ceil(economies.length / splitEconomies))
    expect(new Set(splits.map(split => split.id)).size).toBe(splits.length)
    expect(new Set(splits.map(split => JSON.stringify([split.group, split.labels]))).size).toBe(1)
    expect(await recordsOfPlan(source)).toEqual(whole)
  })

  it.each([
    { date: '2001:2002' },
    { mrv: 2 },
    { countries: ['TCD', 'ETH', 'WLD'] },
    { aggregates: 'drop' },
    { aggregates: 'only' },
  ] as const)('do so with %j', async options => {
    const server = await serve()
    const whole = await recordsOfPlan(worldBank({ ...quick(server), ...options }))

    const source = worldBank({ ...quick(server), ...options, splitEconomies: 2 })

    expect(await recordsOfPlan(source)).toEqual(whole)
    expect(whole.length).toBeGreaterThan(0)
  })

  it('without any row are left out', async () => {
    const data = smallData()
    const rows =
      data.indicators[0]?.rows.map(row => (row.includes('"NA"') ? row.replace(/"value":[\d.]+/, '"value":null') : row)) ?? []
    const server = await serve({ data: { ...data, indicators: [{ ...data.indicators[0]!, rows }] } })

    const { splits } = await worldBank(quick(server, { splitEconomies: 1, mrnev: 1 })).plan(runContext())

    expect(splits.map(split => (split.params as { economies: string }).economies)).toEqual(['1W', 'ZH', 'ET', 'TD'])
  })

  it('are given up when they do not add up, and the indicator is read whole', async () => {
    // Chad has no row for the year that the order is read off.
    const data = smallData()
    const rows = data.indicators[0]?.rows.filter(row => !(row.includes('"TD"') && row.includes('"2003"'))) ?? []
    const server = await serve({ data: { ...data, indicators: [{ ...data.indicators[0]!, rows }] } })
    const warnings: string[] = []
    const source = worldBank(quick(server, { splitEconomies: 2, date: '2000:2003', aggregates: 'drop' }))

    const { splits } = await source.plan(runContext({ log: { info() {}, warn: message => warnings.push(message) } }))

    expect(splits).toHaveLength(1)
    expect(warnings[0]).toContain('its blocks of economies do not add up')
    const batches = await readAll(source, splits[0]!)
    expect(batches.reduce((sum, batch) => sum + batch.records.length, 0)).toBe(11)
  })

  it('fail the group when the data is updated while they are planned', async () => {
    const server = await serve()
    server.update('2026-04-01', { fromRequest: 4 })

    const { failed } = await worldBank(quick(server, { splitEconomies: 2 })).plan(runContext())

    expect(failed?.[0]?.error.code).toBe('ETL_SOURCE_CHANGED')
  })

  it('may be those of an economy that the listing does not have', async () => {
    const row = observationRow({ indicator: 'A.ONE', country: 'ZZ', iso3: '', date: '2000', value: '1' })
    const data = { ...smallData(), indicators: [{ id: 'A.ONE', sourceId: '2', lastUpdated: '2026-03-06', rows: [row] }] }
    const server = await serve({ data: { ...data, countries: [countryRow({ id: 'ETH', iso2: 'ET', name: 'Ethiopia' })] } })

    const records = await recordsOfPlan(worldBank(quick(server, { aggregates: 'drop' })))

    expect(records.map(record => record.country_id)).toEqual(['ZZ'])
    expect(isEtlError(records)).toBe(false)
  })
})
