import * as z from 'zod'

/** The text of a JSON number. */
export const numberText = z.string().regex(/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/, 'expected the text of a number')

/**
 * The schema of an {@link Observation}. The field names are the CSV header.
 *
 * @example from(worldBank({ indicators: ['SP.POP.TOTL'] })).validate(observation)
 */
export const observation = z.object({
  country_id: z.string().describe('Two-letter code; aggregates have one too (1W, ZH). NA is Namibia'),
  country_iso3: z.string().describe('Three-letter code; empty for some aggregates'),
  country_name: z.string().describe('As the API sends it, trailing blanks included'),
  indicator_id: z.string(),
  indicator_name: z.string().describe('Ends with the unit in brackets, for most indicators'),
  date: z.string().describe('2020, 2012M01 or 2013Q4'),
  year: z.int().nullable().describe('The date, if it is a year'),
  value: numberText.nullable().describe('Decimal text, digit for digit as the API sent it; null where there is none'),
  unit: z.string().describe('Always empty so far: the unit is in the name'),
  obs_status: z.string().describe('Always empty so far'),
  decimal: z.int().describe('Digits to show. Says nothing of the precision'),
  source_id: z.string().nullable().describe('The database: 2 is World Development Indicators'),
  last_updated: z.string().describe('Day the database was last updated, YYYY-MM-DD'),
})

/** One value of one indicator for one economy and one date. */
export type Observation = z.output<typeof observation>

/** Fields that `join: ['country']` adds. All three null for an economy the country listing does not have. */
export interface CountryFields {
  /** `Sub-Saharan Africa`, trimmed; `Aggregates` for an aggregate. */
  readonly country_region: string | null
  /** `Lower middle income`, trimmed. */
  readonly country_income_level: string | null
  readonly country_is_aggregate: boolean | null
}

/** Fields that `join: ['indicator']` adds. Long text with line feeds, quotes and semicolons; null if empty. */
export interface IndicatorFields {
  readonly indicator_source_note: string | null
  readonly indicator_source_organization: string | null
}

/** What can be joined to observations. */
export type Join = 'country' | 'indicator'

/** The records of a source with these options. */
export type Joined<J extends Join, F extends boolean> = Observation &
  ('country' extends J ? CountryFields : unknown) &
  ('indicator' extends J ? IndicatorFields : unknown) &
  (F extends true ? { readonly footnote: string } : unknown)
