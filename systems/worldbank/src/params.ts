import * as z from 'zod'

const code = z.string().regex(/^[A-Za-z0-9]{2,3}$/, 'a country or aggregate code has two or three letters or digits')

/** Everything the pipeline can be told: flags of the command, fields of the Lambda's event, arguments of the library call. */
export const params = z.strictObject({
  indicators: z
    .array(z.string().regex(/^[A-Za-z0-9._-]+$/, 'an indicator looks like SP.POP.TOTL'))
    .min(1)
    .describe('Indicators to load, one file each')
    .meta({ examples: ['SP.POP.TOTL,NY.GDP.MKTP.CD'] }),
  countries: z.array(code).min(1).default(['all']).describe('Countries and aggregates by ISO2 or ISO3 code, or all'),
  date: z
    .string()
    .regex(
      /^(YTD|\d{4}([MQ]\d{1,2})?)(:\d{4}([MQ]\d{1,2})?)?$/,
      'a year 2020, a range 2000:2024, months 2012M01:2012M08 or quarters',
    )
    .optional()
    .describe('A year, or a range of years, months or quarters; all if left out')
    .meta({ examples: ['2000:2024'] }),
  mrv: z.int().min(1).optional().describe('Only so many most recent values of each country'),
  source: z
    .string()
    .regex(/^\d+$/, 'a source is a number')
    .optional()
    .describe('Take the indicators from this World Bank source'),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'a language has two letters')
    .optional()
    .describe('Names in this language: es, fr, ar, zh'),
  aggregates: z
    .enum(['keep', 'drop', 'only'])
    .default('keep')
    .describe('What to do with regions and income groups, which are no countries'),
  splitEconomies: z.int().min(1).optional().describe('Read so many economies at a time, in parallel; the file stays the same'),
  perPage: z.int().min(1).max(5000).default(1000).describe('Rows asked for at a time'),
  requestsPerSecond: z.number().positive().optional().describe('No more requests a second than this'),
  attempts: z.int().min(1).max(20).default(7).describe('Attempts at one page; the waits between them double from 1 s to 2 min'),
  apiUrl: z.url().default('https://api.worldbank.org/v2').describe('Where the API is'),
  to: z.string().default('file:./out').describe('Where files go: file:./folder or s3://bucket/prefix'),
  format: z.enum(['csv', 'parquet']).default('csv').describe('What files are written as'),
})
