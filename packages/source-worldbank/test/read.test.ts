import { setTimeout as sleep } from 'node:timers/promises'
import { isEtlError, recordsOf, StopError } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { observation, worldBank } from '../src/index.js'
import { observationRow } from '../src/testing/index.js'
import { economies, errorOf, onlySplit, quick, readAll, recordsOfPlan, serve, smallData, splitContext } from './helpers.js'

describe('reading', () => {
  it('gives every observation once, in order, over several pages', async () => {
    const server = await serve()

    const records = await recordsOfPlan(worldBank(quick(server)))

    const expected = economies.flatMap(({ iso2 }) => ['2003', '2002', '2001', '2000'].map(date => [iso2, date]))
    expect(records.map(record => [record.country_id, record.date])).toEqual(expected)
  })

  it('gives records of the declared shape, with the digits as sent', async () => {
    const server = await serve()

    const records = await recordsOfPlan(worldBank(quick(server)))

    expect(records.every(record => observation.safeParse(record).success)).toBe(true)
    expect(Object.keys(records[0] ?? {})).toEqual(Object.keys(observation.shape))
    expect(records[2]).toEqual({
      country_id: '1W',
      country_iso3: 'WLD',
      country_name: 'World',
      indicator_id: 'A.ONE',
      indicator_name: 'A.ONE',
      date: '2001',
      year: 2001,
      value: '0.520',
      unit: '',
      obs_status: '',
      decimal: 0,
      source_id: '2',
      last_updated: '2026-03-06',
    })
    expect([records[0]?.value, records[1]?.value]).toEqual(['0.500', null])
  })

  it('makes a year of four digits only', async () => {
    const server = await serve({ data: smallData(['2020M02', '2020Q1', '2020']) })

    const records = await recordsOfPlan(worldBank(quick(server)))

    expect(records.slice(0, 3).map(({ date, year }) => [date, year])).toEqual([
      ['2020M02', null],
      ['2020Q1', null],
      ['2020', 2020],
    ])
  })

  it.each([{ counters: 'string' as const }, { bom: true }])('understands %j', async manners => {
    const server = await serve(manners)

    expect(await recordsOfPlan(worldBank(quick(server)))).toHaveLength(20)
  })

  it('makes a batch of each page, and says where its records stood', async () => {
    const server = await serve()
    const source = worldBank(quick(server))

    const batches = await readAll(source, await onlySplit(source))

    expect(batches.map(batch => batch.records.length)).toEqual([6, 6, 6, 2])
    expect(batches[1]?.positionOf?.(2)).toEqual({ page: 2, row: 3 })
    expect(batches[3]?.cursor).toEqual({ page: 4, pages: 4, total: 20, rowsRead: 20, lastUpdated: '2026-03-06' })
    expect(batches.every(batch => (batch.bytes ?? 0) > 300)).toBe(true)
  })

  it('fetches a page when it is asked for, and none after the loop is left', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const before = server.requests.length

    const batches = source.read(split, undefined, splitContext(split))
    await sleep(10)
    expect(server.requests.length - before).toBe(0)
    let seen = 0
    for await (const _batch of batches) {
      expect(server.requests.length - before).toBe(++seen)
      if (seen === 2) break
    }

    await sleep(10)
    expect([server.requests.length - before, server.open]).toEqual([2, 0])
  })

  it('goes on after any batch without gap or repetition', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const batches = await readAll(source, split)
    const all = batches.flatMap(batch => recordsOf(batch.records))

    for (const [index, { cursor }] of batches.entries()) {
      const rest = await readAll(source, split, JSON.parse(JSON.stringify(cursor)))
      const before = batches.slice(0, index + 1).flatMap(batch => recordsOf(batch.records))
      expect([...before, ...rest.flatMap(batch => recordsOf(batch.records))]).toEqual(all)
    }
  })

  it('asks for exactly what the options say', async () => {
    const server = await serve()
    const options = {
      countries: ['ETH', 'td'],
      date: '2000:2001',
      source: 2,
      language: 'es',
      footnote: true,
      frequency: 'Y',
    } as const

    const records = await recordsOfPlan(worldBank({ ...quick(server), ...options }))

    expect(server.requests.at(-1)).toMatchObject({
      path: '/v2/es/country/ETH;td/indicator/A.ONE',
      query: { format: 'json', date: '2000:2001', source: '2', footnote: 'y', frequency: 'Y', per_page: '6', page: '1' },
    })
    expect(records.map(record => [record.country_iso3, record.date, record.footnote])).toEqual([
      ['ETH', '2001', ''],
      ['ETH', '2000', ''],
      ['TCD', '2001', ''],
      ['TCD', '2000', ''],
    ])
  })

  it('drops aggregates by the region of the country listing, and keeps Namibia', async () => {
    const server = await serve()
    const codes = async (aggregates: 'drop' | 'only') => {
      const records = await recordsOfPlan(worldBank(quick(server, { aggregates })))
      return [...new Set(records.map(record => record.country_id))]
    }

    expect(await codes('drop')).toEqual(['ET', 'NA', 'TD'])
    expect(await codes('only')).toEqual(['1W', 'ZH'])
  })

  it('says where a record stood when rows before it were dropped', async () => {
    const server = await serve()
    const source = worldBank(quick(server, { aggregates: 'drop' }))

    const batches = await readAll(source, await onlySplit(source))

    expect(batches.map(batch => batch.records.length)).toEqual([0, 4, 6, 2])
    expect(batches[1]?.positionOf?.(0)).toEqual({ page: 2, row: 3 })
  })

  it('joins what the country listing and the metadata say, asked for once', async () => {
    const server = await serve()

    const records = await recordsOfPlan(worldBank({ ...quick(server), splitEconomies: 2, join: ['country', 'indicator'] }))

    expect(records[0]).toMatchObject({
      country_region: 'Aggregates',
      country_income_level: 'Aggregates',
      country_is_aggregate: true,
    })
    expect(records[8]).toMatchObject({
      country_region: 'Sub-Saharan Africa',
      country_income_level: 'Lower middle income',
      country_is_aggregate: false,
      indicator_source_note: 'a "note";',
      indicator_source_organization: null,
    })
    expect(server.requests.filter(({ path }) => path === '/v2/country' || path === '/v2/indicator/A.ONE')).toHaveLength(2)
  })

  it('hands over rows that are broken in themselves, and goes on', async () => {
    const data = smallData()
    const [one] = data.indicators
    const rows = [
      'null',
      '{"indicator":{"id":"A.ONE"},"country":{"id":"ET"},"value":1}',
      '{"indicator":{"id":"A.ONE"},"country":{"id":"ET"},"date":"2001","value":"many"}',
      '{"indicator":{"id":"A.ONE"},"country":{"id":"ET"},"date":"2001","value":true}',
      observationRow({ indicator: 'A.ONE', country: 'ET', iso3: 'ETH', date: '2000', value: '1' }),
    ]
    const body = `[{"page":1,"pages":1,"per_page":6,"total":${rows.length},"sourceid":"2","lastupdated":"2026-03-06"},[${rows}]]`
    const server = await serve({ data: { ...data, indicators: [one as never] } })
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.failNext({ status: 200, body })

    const [batch] = await readAll(source, split)

    expect(batch?.records).toHaveLength(1)
    expect(batch?.positionOf?.(0)).toEqual({ page: 1, row: 5 })
    expect(batch?.unreadable?.map(({ position, error }) => [position, error.code, error.message])).toEqual([
      [{ page: 1, row: 1 }, 'ETL_RECORD_UNPARSABLE', 'Not an observation: the row is not an object.'],
      [{ page: 1, row: 2 }, 'ETL_RECORD_UNPARSABLE', 'Not an observation: the row has no date.'],
      [{ page: 1, row: 3 }, 'ETL_RECORD_UNPARSABLE', 'Not an observation: the value is not a number.'],
      [{ page: 1, row: 4 }, 'ETL_RECORD_UNPARSABLE', 'Not an observation: the value is not a number.'],
    ])
  })
})

describe('when the API misbehaves', () => {
  it.each(['badGateway', 'requestError', 'reset', 'truncated', 'wrongJson'] as const)(
    'a page is asked for again after %s',
    async fault => {
      const server = await serve()
      const source = worldBank(quick(server))
      const split = await onlySplit(source)
      const ctx = splitContext(split)
      server.failAt(server.requests.length + 2, fault)

      const records: unknown[] = []
      for await (const batch of source.read(split, undefined, ctx)) records.push(...recordsOf(batch.records))

      expect(records).toHaveLength(20)
      expect(ctx.retries).toEqual(['page 2 of A.ONE'])
    },
  )

  it.each([
    [{ status: 401 }, 'ETL_SOURCE_DENIED', 'never'],
    [{ status: 404, body: '<html>' }, 'ETL_SOURCE_NOT_FOUND', 'never'],
    [{ status: 400, body: '{"message":"no"}' }, 'ETL_SOURCE_REFUSED', 'never'],
    [{ status: 503 }, 'ETL_SOURCE_UNAVAILABLE', 'exhausted'],
    [{ rateLimited: 0 }, 'ETL_SOURCE_RATE_LIMITED', 'exhausted'],
    [{ status: 200, body: '<html>' }, 'ETL_SOURCE_MALFORMED', 'exhausted'],
    [{ status: 200, body: '{"fine":true}' }, 'ETL_SOURCE_MALFORMED', 'later'],
    [{ status: 200, body: '[{"page":1},[]]' }, 'ETL_SOURCE_MALFORMED', 'later'],
    [{ status: 200, body: '[1,2]' }, 'ETL_SOURCE_MALFORMED', 'later'],
  ] as const)('%j is %s (%s)', async (fault, code, retry) => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.failNext(fault, 3)

    expect(await errorOf(readAll(source, split))).toMatchObject({ code, retry })
  })

  it('the error it sends with status 200 is not retried, and is told in its words', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const before = server.requests.length
    const body =
      '[{"message":[{"id":"120","key":"Invalid value","value":"Bad one"},{"id":"150","key":"Language","value":"Not yet."}]}]'
    server.failNext({ status: 200, body })

    const error = await errorOf(readAll(source, split))

    expect(error).toMatchObject({
      code: 'ETL_SOURCE_REFUSED',
      retry: 'never',
      context: { messages: [{ id: '120' }, { id: '150' }] },
    })
    expect(error.message).toContain('World Bank refused page 1 of A.ONE: Bad one (120 Invalid value); Not yet (150 Language).')
    expect(server.requests.length - before).toBe(1)
  })

  it('an update between pages is told, not mixed', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.update('2026-04-01', { fromRequest: server.requests.length + 3 })

    const seen: unknown[] = []
    const error = await errorOf(
      (async () => {
        for await (const batch of source.read(split, undefined, splitContext(split))) seen.push(batch)
      })(),
    )

    expect(error).toMatchObject({ code: 'ETL_SOURCE_CHANGED', context: { planned: '2026-03-06', found: '2026-04-01' } })
    expect(seen).toHaveLength(2)
  })

  it('an update between plan and read is told before any record', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.update('2026-04-01')

    expect(await errorOf(readAll(source, split))).toMatchObject({ code: 'ETL_SOURCE_CHANGED' })
  })

  /** Page 3 as if two of its rows were gone. */
  const shortPage = {
    status: 200,
    body: `[{"page":3,"pages":4,"per_page":6,"total":18,"sourceid":"2","lastupdated":"2026-03-06"},[${smallData().indicators[0]?.rows.slice(12, 16)}]]`,
  }

  it('pages that do not add up to the announced total fail before the last one is handed over', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.failAt(server.requests.length + 3, shortPage)
    const batches: unknown[] = []

    const error = await errorOf(
      (async () => {
        for await (const batch of source.read(split, undefined, splitContext(split))) batches.push(batch)
      })(),
    )

    expect(error).toMatchObject({ code: 'ETL_SOURCE_MALFORMED', retry: 'later', context: { rowsRead: 18, total: 20 } })
    expect(batches).toHaveLength(3)
  })

  it('pages that do not add up after a resume are read from the start', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const cursor = { page: 3, pages: 4, total: 20, rowsRead: 16, lastUpdated: '2026-03-06' }

    expect(await errorOf(readAll(source, split, cursor))).toMatchObject({ code: 'ETL_SOURCE_CHANGED', retry: 'later' })
  })

  it('a page without rows ends the reading, and the total is checked', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    server.failAt(server.requests.length + 2, {
      status: 200,
      body: '[{"page":2,"pages":1,"per_page":6,"total":20,"lastupdated":"2026-03-06"},[]]',
    })

    expect(await errorOf(readAll(source, split))).toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      context: { rowsRead: 6, total: 20 },
    })
  })

  it('rows of another indicator are refused', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const row = observationRow({ indicator: 'A.TWO', country: 'ET', iso3: 'ETH', date: '2000', value: '1' })
    server.failNext({
      status: 200,
      body: `[{"page":1,"pages":1,"per_page":6,"total":1,"sourceid":"2","lastupdated":"2026-03-06"},[${row}]]`,
    })

    const error = await errorOf(readAll(source, split))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_MALFORMED' })
    expect(error.message).toContain('World Bank: A.ONE answered with rows of "A.TWO".')
  })
})

describe('a stop', () => {
  it('ends a slow page at once with its reason, and the connection with it', async () => {
    const server = await serve()
    const source = worldBank(quick(server))
    const split = await onlySplit(source)
    const stop = new AbortController()
    const reason = new StopError('ETL_STOP_SIGNAL', 'stop')
    server.failNext({ delayMs: 900 })

    const next = errorOf(source.read(split, undefined, splitContext(split, stop.signal))[Symbol.asyncIterator]().next())
    while (server.open === 0) await sleep(2)
    stop.abort(reason)

    expect(await next).toBe(reason)
    await sleep(20)
    expect([server.open, isEtlError(reason)]).toEqual([0, true])
  })

  it('while waiting for another attempt sends nothing more', async () => {
    const server = await serve()
    const source = worldBank({ ...quick(server), retry: { attempts: 5, firstMs: 5_000, maxMs: 9_000 } })
    const split = await onlySplit(source)
    const stop = new AbortController()
    const ctx = {
      ...splitContext(split, stop.signal),
      progress: { retried: () => void setTimeout(() => stop.abort(new Error('stop')), 5) },
    }
    server.failNext('badGateway', 5)
    const before = server.requests.length

    await errorOf(source.read(split, undefined, ctx)[Symbol.asyncIterator]().next())

    await sleep(20)
    expect(server.requests.length - before).toBe(1)
  })
})
