import { ConfigError } from '@millrace/etl-core'
import type { HttpDispatcher, HttpReader } from '@millrace/http'
import * as z from 'zod'

const code = z.string().regex(/^[A-Za-z0-9]{2,3}$/, 'a country or aggregate code has two or three letters or digits')
const period = String.raw`\d{4}(?:[MQ]\d{1,2})?`

/** The API takes 1,500 characters between two slashes; 3 a code and its semicolon make 4. */
const mostCodes = 370

/** The schema of {@link WorldBankOptions}: types, defaults and descriptions come from it, and reference tables can. */
export const worldBankOptions = z.strictObject({
  indicators: z
    .array(z.string().regex(/^[A-Za-z0-9._-]{1,80}$/, 'an indicator looks like SP.POP.TOTL'))
    .min(1)
    .readonly()
    .describe('Indicators to read; each is a group of its own'),
  countries: z
    .union([z.literal('all'), z.array(code).min(1).max(mostCodes).readonly()])
    .default('all')
    .describe('ISO2, ISO3 or aggregate codes, or all economies'),
  date: z
    .string()
    .regex(
      new RegExp(`^(?:YTD|${period})(?::(?:YTD|${period}))?$`),
      'a year 2020, a range 2000:2024, months 2012M01:2012M08 or quarters',
    )
    .optional()
    .describe('A year, or a range of years, months or quarters; all if left out'),
  mrv: z.int().min(1).optional().describe('Only so many most recent periods of each economy'),
  mrnev: z.int().min(1).optional().describe('Only so many most recent values of each economy that are not empty'),
  gapfill: z.boolean().optional().describe('With mrv: fill empty periods with the last value before'),
  frequency: z.enum(['Y', 'Q', 'M']).optional().describe('Years, quarters or months, for mrv'),
  source: z
    .union([z.int().positive(), z.string().regex(/^\d+$/, 'a source is a number')])
    .transform(String)
    .optional()
    .describe('Take the indicators from this database; 2 is World Development Indicators'),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'a language has two letters')
    .optional()
    .describe('Names in this language: es, fr, ar, zh'),
  footnote: z.boolean().optional().describe('Add the field footnote'),
  join: z
    .array(z.enum(['country', 'indicator']))
    .readonly()
    .optional()
    .describe('Add fields of the country listing, of the indicator'),
  aggregates: z
    .enum(['keep', 'drop', 'only'])
    .default('keep')
    .describe('What to do with regions and income groups: those whose region is "NA" in the country listing'),
  splitEconomies: z
    .int()
    .min(1)
    .max(mostCodes)
    .optional()
    .describe('Read so many economies at a time, each block a split of its own'),
  // A 10,000-row page took 53 s where 1,000-row pages took 0.4 to 3.9 s.
  perPage: z.int().min(1).max(5000).default(1000).describe('Rows of a page, and records of a batch'),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://api.worldbank.org/v2')
    .describe('Where the API is'),
  concurrency: z.int().min(1).default(4).describe('Requests on the way at once'),
  requestsPerSecond: z.number().positive().optional().describe('No more requests begun per second than this'),
  timeoutMs: z.int().min(1).default(120_000).describe('Milliseconds for one attempt at a page'),
  retry: z
    .strictObject({ attempts: z.int().min(1), firstMs: z.number().min(0), maxMs: z.number().min(0) })
    .partial()
    .optional()
    .describe('Attempts at a page and the waits between them; 6, 500 and 120,000 ms'),
  client: z
    .custom<HttpReader | HttpDispatcher>(value => typeof value === 'object' && value !== null)
    .optional()
    .describe('A ready reader of @millrace/http or an undici dispatcher. With a reader its limits hold instead of those here'),
})

/** What {@link worldBank} can be told. */
export type WorldBankOptions = z.input<typeof worldBankOptions>
/** The options with their defaults. */
export type Settings = z.output<typeof worldBankOptions>

/** @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. */
export function settingsOf(options: unknown): Settings {
  const result = worldBankOptions.safeParse(options)
  const problems = result.success ? contradictions(result.data) : result.error.issues.map(lineOf)
  if (problems.length > 0 || !result.success) {
    throw new ConfigError('ETL_CONFIG_INVALID', `Options of worldBank are not valid: ${problems.join('; ')}.`)
  }
  return { ...result.data, indicators: [...new Set(result.data.indicators)], apiUrl: result.data.apiUrl.replace(/\/+$/, '') }
}

const lineOf = ({ path, message }: z.core.$ZodIssue) =>
  path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`

function contradictions({ mrv, mrnev, gapfill }: Settings): string[] {
  return [
    ...(mrv !== undefined && mrnev !== undefined ? ['mrv, mrnev: only one of them'] : []),
    ...(gapfill === true && mrv === undefined ? ['gapfill: needs mrv'] : []),
  ]
}

/** What decides which records a source gives, beside the indicators: each indicator is a group with a bookmark of its own. */
export function identityOf(settings: Settings) {
  const { countries, date, mrv, mrnev, gapfill, frequency, source, language, footnote, join, aggregates } = settings
  const some = { date, mrv, mrnev, gapfill, frequency, source, language, footnote, join: join && [...join].sort() }
  const given = Object.fromEntries(Object.entries(some).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  return { countries: countries === 'all' ? 'all' : countries.join(';'), aggregates, ...given }
}
