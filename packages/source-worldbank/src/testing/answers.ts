import type { IndicatorData, WorldBankData } from './data.js'
import { requestErrorPage } from './faults.js'

/** An answer of the API. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** How the API is to behave where it has been seen to behave in more than one way. */
export interface Manners {
  /** Counters of observations as text, as those of listings are. Default `number`. */
  readonly counters?: 'number' | 'string'
  /** A byte-order mark before the JSON. */
  readonly bom?: boolean
}

const invalidValue = '[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]'
const noData = '[{"page":0,"pages":0,"per_page":0,"total":0,"sourceid":null,"lastupdated":null},null]'

/** What the API says of a data set: a function of the address. `lastUpdated` is said instead of the data's. */
export function apiOf(data: WorldBankData, manners: Manners = {}): (url: URL, lastUpdated?: string) => Answer {
  const parsed = new Map<string, readonly Row[]>()
  const rowsOf = (indicator: IndicatorData) => {
    const rows = parsed.get(indicator.id) ?? indicator.rows.map(rowOf)
    parsed.set(indicator.id, rows)
    return rows
  }
  return (url, lastUpdated) => answerOf(url, { ...data, rowsOf }, manners, lastUpdated)
}

interface Prepared extends WorldBankData {
  rowsOf(indicator: IndicatorData): readonly Row[]
}

function answerOf(url: URL, data: Prepared, manners: Manners, lastUpdated: string | undefined): Answer {
  if (url.searchParams.get('format') !== 'json') {
    return { status: 200, contentType: 'text/xml', body: '\ufeff<?xml version="1.0" encoding="utf-8"?><wb:data/>' }
  }
  const path = decodeURIComponent(url.pathname)
    .replace(/^\/v2/, '')
    .replace(/^\/[a-z]{2}(?=\/)/, '')
  const [, kind, codes, sub, indicator] = path.split('/')
  if (/\D/.test(url.searchParams.get('source') ?? '')) return { status: 400, contentType: 'text/html', body: requestErrorPage }
  const body =
    kind === 'country' && sub === 'indicator' && codes && indicator
      ? observations(codes, indicator, url.searchParams, data, manners, lastUpdated)
      : kind === 'country' && !sub
        ? countries(codes ?? 'all', url.searchParams, data)
        : kind === 'indicator' && codes
          ? metadata(codes, url.searchParams, data)
          : undefined
  if (body === undefined) return { status: 404, contentType: 'text/html', body: '<html>Endpoint not found.</html>' }
  return { status: 200, contentType: 'application/json;charset=utf-8', body: manners.bom ? `\ufeff${body}` : body }
}

function countries(codes: string, query: URLSearchParams, data: WorldBankData): string {
  const asked = codes === 'all' ? undefined : codes.toUpperCase().split(';')
  const parsed = data.countries.map(text => ({ text, row: JSON.parse(text) as CountryRow }))
  const known = new Set(parsed.flatMap(({ row }) => [row.id, row.iso2Code]))
  if (asked?.some(code => !known.has(code))) return invalidValue
  const filters = (['region', 'incomeLevel', 'lendingType'] as const).flatMap(name => {
    const value = query.get(name)
    return value === null ? [] : [(row: CountryRow) => row[name].id === value]
  })
  const rows = parsed
    .filter(({ row }) => !asked || asked.includes(row.id) || asked.includes(row.iso2Code))
    .filter(({ row }) => filters.every(matches => matches(row)))
  return listing(
    rows.map(({ text }) => text),
    query,
  )
}

interface CountryRow {
  readonly id: string
  readonly iso2Code: string
  readonly region: { readonly id: string }
  readonly incomeLevel: { readonly id: string }
  readonly lendingType: { readonly id: string }
}

function metadata(id: string, query: URLSearchParams, data: WorldBankData): string {
  const row = data.metadata[id]
  return row === undefined ? invalidValue : listing([row], query)
}

function observations(
  codes: string,
  id: string,
  query: URLSearchParams,
  data: Prepared,
  { counters = 'number' }: Manners,
  lastUpdated: string | undefined,
): string {
  const error = data.errors[id]
  if (error !== undefined) return error
  const indicator = data.indicators.find(known => known.id.toLowerCase() === id.toLowerCase())
  const source = query.get('source')
  if (!indicator || (source !== null && source !== indicator.sourceId)) return invalidValue
  const selected = select(data.rowsOf(indicator), codes, query, data)
  if (selected === 'unknown economy') return invalidValue
  if (selected.length === 0) return noData
  const rows = query.get('footnote') === 'y' ? selected.map(text => `${text.slice(0, -1)},"footnote":""}`) : selected
  const { page, pages, perPage } = pagingOf(query, rows.length)
  const shown = (value: number) => (counters === 'string' ? `"${value}"` : value)
  // Past the end `pages` is wrong and the source is left out; only `total` is still right.
  if (page > pages) return `[{"page":${page},"pages":1,"per_page":${perPage},"total":${rows.length}},[]]`
  const counts = `"page":${shown(page)},"pages":${shown(pages)},"per_page":${shown(perPage)},"total":${shown(rows.length)}`
  const about = `"sourceid":"${indicator.sourceId}","lastupdated":"${lastUpdated ?? indicator.lastUpdated}"`
  return `[{${counts},${about}},[${rows.slice((page - 1) * perPage, page * perPage).join(',')}]]`
}

interface Row {
  readonly text: string
  readonly country: string
  readonly iso3: string
  readonly date: string
  readonly empty: boolean
}

function select(rows: readonly Row[], codes: string, query: URLSearchParams, data: WorldBankData): string[] | 'unknown economy' {
  const asked = codes.toLowerCase() === 'all' ? undefined : new Set(codes.toUpperCase().split(';'))
  if (asked && !allKnown(asked, rows, data)) return 'unknown economy'
  const inDates = datesOf(query)
  const matching = rows.filter(row => (!asked || asked.has(row.country) || asked.has(row.iso3)) && inDates(row.date))
  const most = Number(query.get('mrv') ?? query.get('mrnev') ?? Number.POSITIVE_INFINITY)
  const filled = query.get('mrnev') === null ? matching : matching.filter(row => !row.empty)
  const seen = new Map<string, number>()
  // Newest first, so the first rows of an economy are its most recent.
  const kept = filled.filter(({ country }) => {
    const count = (seen.get(country) ?? 0) + 1
    seen.set(country, count)
    return count <= most
  })
  return kept.map(({ text }) => text)
}

function rowOf(text: string): Row {
  const row = JSON.parse(text) as { country: { id: string }; countryiso3code: string; date: string; value: unknown }
  return { text, country: row.country.id, iso3: row.countryiso3code, date: row.date, empty: row.value === null }
}

function allKnown(asked: ReadonlySet<string>, rows: readonly Row[], data: WorldBankData): boolean {
  const listed = data.countries.flatMap(text => {
    const { id, iso2Code } = JSON.parse(text) as CountryRow
    return [id, iso2Code]
  })
  const known = new Set([...listed, ...rows.flatMap(row => [row.country, row.iso3])])
  return [...asked].every(code => known.has(code))
}

/** `2020`, `2000:2010`, `2012M01:2012M08`, `YTD:2010`: texts of one frequency compare like the dates they say. */
function datesOf(query: URLSearchParams): (date: string) => boolean {
  const [from, to = from] = query.get('date')?.split(':') ?? []
  if (from === undefined) return () => true
  return date => (from === 'YTD' || date >= from) && (to === 'YTD' || to === undefined || date <= to)
}

/** A listing's counters are numbers but for `per_page`, which is text. */
function listing(rows: readonly string[], query: URLSearchParams): string {
  const { page, pages, perPage } = pagingOf(query, rows.length)
  const meta = `{"page":${page},"pages":${pages},"per_page":"${perPage}","total":${rows.length}}`
  return `[${meta},[${rows.slice((page - 1) * perPage, page * perPage).join(',')}]]`
}

function pagingOf(query: URLSearchParams, total: number) {
  const perPage = Number(query.get('per_page') ?? 50)
  return { page: Number(query.get('page') ?? 1), perPage, pages: Math.ceil(total / perPage) }
}
