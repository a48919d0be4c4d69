import * as z from 'zod'
import type { Indicator } from './inputs/indicators.js'

/** What every side of the comparison does: keep rows of 1970 and later with a value, add `value_m`, check, write. */
export const isKept = (row: Indicator): boolean => Number(row.year) >= 1970 && row.value !== ''

/** The value in millions. */
export const millionsOf = (row: Indicator): number => Number(row.value) / 1e6

/** A kept row with its millions, written out: a spread with a new key would give each row a hidden class of its own on Node 20. */
export const withMillions = (row: Indicator) => ({
  iso3: row.iso3,
  country: row.country,
  indicator: row.indicator,
  year: row.year,
  value: row.value,
  unit: row.unit,
  lastupdated: row.lastupdated,
  value_m: millionsOf(row),
})

/** What all sides check with. */
export const valuedIndicator = z.object({
  iso3: z.string().length(3),
  country: z.string().min(1),
  indicator: z.string().min(1),
  year: z.coerce.number().int().min(1900).max(2100),
  value: z.coerce.number(),
  unit: z.string(),
  lastupdated: z.string().min(8),
  value_m: z.number(),
})

/** A row as it is written. */
export type ValuedIndicator = z.infer<typeof valuedIndicator>

/** Its columns, in order. */
export const valuedFields = Object.keys(valuedIndicator.shape) as (keyof ValuedIndicator)[]
