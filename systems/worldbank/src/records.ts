import { column } from '@millrace/schema'
import * as z from 'zod'

/** A JSON number as text: the digits the API sent, every one of them. */
const numberText = z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'expected the text of a number')

const before = {
  country_id: z.string().describe('Two-letter code; aggregates have one too'),
  country_iso3: z.string().describe('Three-letter code; empty for some aggregates'),
  country_name: z.string().describe('As the API sends it, blanks included'),
  indicator_id: z.string(),
  indicator_name: z.string().describe('Ends with the unit, in brackets, for most indicators'),
  date: z.string().describe('2020, 2012M01 or 2013Q4'),
  year: column.int32().nullable().describe('The date if it is a year, else null'),
}
const after = {
  unit: z.string().describe('Always empty so far; the unit is in the name'),
  obs_status: z.string(),
  decimal: column.int32().describe('Digits to show; says nothing of the value’s precision'),
  source_id: z.string().nullable(),
  last_updated: z.string().describe('Day of the last update of the source, as the API tells it'),
}

/** One observation as a CSV line. `value` keeps the digits it came with; null where there is none. */
export const csvRecord = z.object({ ...before, value: numberText.nullable(), ...after })

/** One observation as a Parquet row: the value as a number to reckon with, and as text with all its digits. */
export const parquetRecord = z.object({
  ...before,
  value: column.float64().nullable().describe('Rounded to a double'),
  value_text: numberText.nullable().describe('The digits as the API sent them'),
  ...after,
})
