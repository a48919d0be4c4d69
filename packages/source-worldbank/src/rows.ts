import { isRecordError, RecordError, toJson, type Unreadable } from '@millrace/etl-core'
import { problem } from './errors.js'
import { valueTexts } from './json-text.js'
import type { Country, IndicatorInfo } from './metadata.js'
import { isObject, type Page } from './page.js'
import { numberText, type Observation } from './schema.js'

/** What rows are turned into records with. */
export interface RowPlan {
  readonly indicator: string
  readonly lastUpdated: string
  readonly footnote: boolean
  /** Whether rows of an economy with this two-letter code are wanted. */
  readonly wants: (countryId: string) => boolean
  readonly countries?: ReadonlyMap<string, Country> | undefined
  readonly info?: IndicatorInfo | 'none' | undefined
}

/** A page's records. `rowNos` says which row of the page each was, from 1. */
export interface PageRecords {
  readonly records: readonly Observation[]
  readonly rowNos: readonly number[]
  readonly unreadable: readonly Unreadable[]
}

/**
 * Turns a page's rows into records.
 *
 * @throws SourceError `ETL_SOURCE_MALFORMED` when a row is of another indicator than the one asked for.
 */
export function recordsOfPage(page: Page, pageNo: number, plan: RowPlan): PageRecords {
  const texts = valueTexts(page.text)
  const records: Observation[] = []
  const rowNos: number[] = []
  const unreadable: Unreadable[] = []
  page.rows.forEach((row, index) => {
    try {
      const record = recordOf(row, texts[index], page.sourceId, plan)
      if (!plan.wants(record.country_id)) return
      records.push(record)
      rowNos.push(index + 1)
    } catch (error) {
      if (!isRecordError(error)) throw error
      unreadable.push({ raw: toJson(row), position: { page: pageNo, row: index + 1 }, error })
    }
  })
  return { records, rowNos, unreadable }
}

type Open<T> = { -readonly [K in keyof T]: T[K] }

function recordOf(row: unknown, valueText: string | undefined, sourceId: string | null, plan: RowPlan): Observation {
  if (!isObject(row)) throw broken('the row is not an object')
  const indicator = isObject(row.indicator) ? row.indicator : {}
  const country = isObject(row.country) ? row.country : {}
  const { date } = row
  if (typeof indicator.id !== 'string') throw broken('the row has no indicator.id')
  if (indicator.id.toLowerCase() !== plan.indicator.toLowerCase()) {
    throw problem('otherIndicator', plan.indicator, [indicator.id], { indicator: plan.indicator })
  }
  if (typeof country.id !== 'string') throw broken('the row has no country.id')
  if (typeof date !== 'string' || date === '') throw broken('the row has no date')
  const record: Open<Observation> & Record<string, unknown> = {
    country_id: country.id,
    country_iso3: textOf(row.countryiso3code),
    country_name: textOf(country.value),
    indicator_id: indicator.id,
    indicator_name: textOf(indicator.value),
    date,
    year: /^\d{4}$/.test(date) ? Number(date) : null,
    value: digitsOf(row.value, valueText),
    unit: textOf(row.unit),
    obs_status: textOf(row.obs_status),
    decimal: decimalOf(row.decimal),
    source_id: sourceId,
    last_updated: plan.lastUpdated,
  }
  // Always in this order, so that all records share one hidden class.
  if (plan.footnote) record.footnote = textOf(row.footnote)
  if (plan.countries) addCountry(record, plan.countries.get(record.country_id))
  if (plan.info !== undefined) addIndicator(record, plan.info)
  return record
}

function addCountry(record: Record<string, unknown>, country: Country | undefined): void {
  record.country_region = country?.region.name ?? null
  record.country_income_level = country?.incomeLevel.name ?? null
  record.country_is_aggregate = country?.isAggregate ?? null
}

function addIndicator(record: Record<string, unknown>, info: IndicatorInfo | 'none'): void {
  record.indicator_source_note = info === 'none' ? null : info.sourceNote
  record.indicator_source_organization = info === 'none' ? null : info.sourceOrganization
}

/** The digits as sent. Some databases have sent numbers as text. */
function digitsOf(value: unknown, valueText: string | undefined): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'number' && valueText !== undefined) return valueText
  if (typeof value === 'string' && numberText.safeParse(value).success) return value
  throw broken('the value is not a number')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function decimalOf(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value
  return Number.isInteger(number) ? (number as number) : 0
}

const broken = (what: string) => new RecordError('ETL_RECORD_UNPARSABLE', `Not an observation: ${what}.`)
