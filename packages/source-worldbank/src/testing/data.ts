import { eachElement, elementTexts, endOfValue, memberText } from '../json-text.js'

/** What the test server serves. Rows are raw JSON texts, so that numbers keep the digits they were recorded with. */
export interface WorldBankData {
  /** Rows of `/country`, in its order. */
  readonly countries: readonly string[]
  readonly indicators: readonly IndicatorData[]
  /** Rows of `/indicator/<id>`, by id. */
  readonly metadata: Readonly<Record<string, string>>
  /** Error bodies for data calls, by indicator: retired ones, whose metadata still answers. */
  readonly errors: Readonly<Record<string, string>>
}

/** The observations of one indicator, in the API's order. */
export interface IndicatorData {
  readonly id: string
  readonly sourceId: string
  /** YYYY-MM-DD */
  readonly lastUpdated: string
  readonly rows: readonly string[]
}

/** What {@link observationRow} makes a row of. */
export interface ObservationRow {
  readonly indicator: string
  readonly indicatorName?: string
  /** Two letters. */
  readonly country: string
  readonly iso3: string
  readonly countryName?: string
  readonly date: string
  /** The text of a JSON number, or `null`. */
  readonly value: string
  readonly decimal?: number
}

/** The JSON text of one observation, its members in the API's order. */
export function observationRow(row: ObservationRow): string {
  const indicator = JSON.stringify({ id: row.indicator, value: row.indicatorName ?? row.indicator })
  const country = JSON.stringify({ id: row.country, value: row.countryName ?? row.iso3 })
  const ids = `"indicator":${indicator},"country":${country},"countryiso3code":${JSON.stringify(row.iso3)}`
  return `{${ids},"date":${JSON.stringify(row.date)},"value":${row.value},"unit":"","obs_status":"","decimal":${row.decimal ?? 0}}`
}

/** The JSON text of one entry of the country listing. */
export function countryRow(row: { id: string; iso2: string; name: string; aggregate?: boolean }): string {
  const none = { id: '', iso2code: '', value: '' }
  const region = row.aggregate
    ? { id: 'NA', iso2code: 'NA', value: 'Aggregates' }
    : { id: 'SSF', iso2code: 'ZG', value: 'Sub-Saharan Africa ' }
  const incomeLevel = row.aggregate ? { ...region } : { id: 'LMC', iso2code: 'XN', value: 'Lower middle income' }
  return JSON.stringify({
    id: row.id,
    iso2Code: row.iso2,
    name: row.name,
    region,
    adminregion: none,
    incomeLevel,
    lendingType: row.aggregate ? { ...region } : { id: 'IDX', iso2code: 'XI', value: 'IDA' },
    capitalCity: '',
    longitude: '',
    latitude: '',
  })
}

/** What a recording of an indicator holds: every economy has one value per date, which keeps the file small. */
interface CompactIndicator {
  readonly id: string
  readonly name: string
  readonly sourceid: string
  readonly lastupdated: string
  readonly decimal: number
  readonly dates: readonly string[]
  readonly economies: readonly { readonly id: string; readonly iso3: string; readonly name: string }[]
}

/** The rows of a recording, as the API sent them. */
export function indicatorFromCompact(text: string): IndicatorData {
  const compact = JSON.parse(text) as CompactIndicator
  const values = valuesByEconomy(text)
  const rows = compact.economies.flatMap((economy, index) =>
    compact.dates.map((date, column) =>
      observationRow({
        indicator: compact.id,
        indicatorName: compact.name,
        country: economy.id,
        iso3: economy.iso3,
        countryName: economy.name,
        date,
        value: values[index]?.[column] ?? 'null',
        decimal: compact.decimal,
      }),
    ),
  )
  return { id: compact.id, sourceId: compact.sourceid, lastUpdated: compact.lastupdated, rows }
}

function valuesByEconomy(text: string): string[][] {
  const economies = memberText(text, 0, 'economies').text ?? '[]'
  const values: string[][] = []
  eachElement(economies, 0, start => {
    const own = memberText(economies, start, 'values')
    values.push(elementTexts(own.text ?? '[]'))
    return endOfValue(economies, start)
  })
  return values
}
