import type { HttpReader } from '@millrace/http'
import { address, type Place } from './addresses.js'
import { type Call, getAllRows } from './api.js'
import { isObject, textOrNull } from './page.js'

/** One entry of the country listing: a country, or an aggregate of several. Labels are trimmed, the API's have trailing blanks. */
export interface Country {
  /** Three letters: `NAM`. */
  readonly id: string
  /** Two letters, what observations carry as `country_id`. Namibia's is `NA`. */
  readonly iso2Code: string
  readonly name: string
  readonly region: Label
  readonly adminRegion: Label
  readonly incomeLevel: Label
  readonly lendingType: Label
  readonly capitalCity: string | null
  /** Decimal text, degrees. */
  readonly longitude: string | null
  readonly latitude: string | null
  /** Whether its region's id is `NA`, which the API says of aggregates only. */
  readonly isAggregate: boolean
}

/** A code and its name; both null where there is none. */
export interface Label {
  readonly id: string | null
  readonly name: string | null
}

/** What the API says of an indicator. Texts may be long and hold line feeds, quotes and semicolons. */
export interface IndicatorInfo {
  readonly id: string
  readonly name: string
  readonly sourceId: string | null
  readonly sourceName: string | null
  readonly sourceNote: string | null
  readonly sourceOrganization: string | null
  readonly topics: readonly Label[]
}

/** Where to ask, and how to end it. */
export interface MetadataOptions extends Partial<Place>, Call {}

const placeOf = ({ apiUrl, language }: MetadataOptions): Place => ({ apiUrl: apiUrl ?? 'https://api.worldbank.org/v2', language })

/**
 * The country listing, all pages: 217 countries and about 80 aggregates.
 *
 * @throws SourceError as the reader does; `ETL_SOURCE_REFUSED` with the API's message, `ETL_SOURCE_MALFORMED`.
 */
export async function listCountries(reader: HttpReader, options: MetadataOptions = {}): Promise<readonly Country[]> {
  const addressOf = (page: number) => address(placeOf(options), 'country', { per_page: 1000, page })
  const rows = await getAllRows(reader, addressOf, 'the country listing', callOf(options))
  return rows.filter(isObject).map(countryOf)
}

/** One indicator's metadata; `undefined` if the API has none. Errors as {@link listCountries}. */
export async function indicatorInfo(
  reader: HttpReader,
  id: string,
  options: MetadataOptions = {},
): Promise<IndicatorInfo | undefined> {
  const addressOf = (page: number) => address(placeOf(options), `indicator/${encodeURIComponent(id)}`, { per_page: 50, page })
  const rows = await getAllRows(reader, addressOf, `the metadata of ${id}`, callOf(options))
  return rows.filter(isObject).map(infoOf)[0]
}

const callOf = ({ signal, onRetry }: MetadataOptions): Call => ({ signal, onRetry })

type Row = Readonly<Record<string, unknown>>

function countryOf(row: Row): Country {
  const region = labelOf(row.region)
  return {
    id: text(row.id) ?? '',
    iso2Code: text(row.iso2Code) ?? '',
    name: text(row.name) ?? '',
    region,
    adminRegion: labelOf(row.adminregion),
    incomeLevel: labelOf(row.incomeLevel),
    lendingType: labelOf(row.lendingType),
    capitalCity: text(row.capitalCity),
    longitude: text(row.longitude),
    latitude: text(row.latitude),
    isAggregate: region.id === 'NA',
  }
}

function infoOf(row: Row): IndicatorInfo {
  const source = labelOf(row.source)
  return {
    id: text(row.id) ?? '',
    name: text(row.name) ?? '',
    sourceId: source.id,
    sourceName: source.name,
    sourceNote: text(row.sourceNote),
    sourceOrganization: text(row.sourceOrganization),
    topics: Array.isArray(row.topics) ? row.topics.map(labelOf) : [],
  }
}

const text = (value: unknown): string | null => textOrNull(typeof value === 'string' ? value.trim() : value)

function labelOf(value: unknown): Label {
  return isObject(value) ? { id: text(value.id), name: text(value.value) } : { id: null, name: null }
}
