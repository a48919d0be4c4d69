import type { Settings } from './options.js'

/** What of an indicator is asked for, where it differs from the settings. */
export interface Part {
  readonly page: number
  readonly perPage: number
  /** Codes joined with `;`. Default: those of the settings. */
  readonly economies?: string | undefined
  /** Instead of the settings' dates. */
  readonly period?: { readonly date?: string; readonly mrv?: number } | undefined
}

/** Where observations are. The parameters are those of the API's documentation, plus `page` from 1. */
export function observationsAddress(settings: Settings, indicator: string, part: Part): string {
  const { countries, date, mrv, mrnev, gapfill, frequency, source, footnote } = settings
  const economies = part.economies ?? (countries === 'all' ? 'all' : countries.join(';'))
  const period = part.period ?? { date, mrv, mrnev, gapfill: gapfill ? 'Y' : undefined }
  return address(settings, `country/${economies}/indicator/${indicator}`, {
    ...period,
    frequency,
    source,
    footnote: footnote ? 'y' : undefined,
    per_page: part.perPage,
    page: part.page,
  })
}

/** Where names are localised: the API's address, and its language prefix. */
export interface Place {
  readonly apiUrl: string
  readonly language?: string | undefined
}

export function address(
  { apiUrl, language }: Place,
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const pairs = Object.entries({ format: 'json', ...query }).filter(([, value]) => value !== undefined)
  // The colon of a date range is fine in a query, and easier to read in a log.
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll('%3A', ':')}`).join('&')
  return `${apiUrl}${language === undefined ? '' : `/${language}`}/${path}?${text}`
}
