import { mixed } from './dice.js'

/** One value of one indicator, as it stands in a file: texts. The shape of what the World Bank's API gives. */
export interface Indicator {
  readonly iso3: string
  /** Often with a comma, now and then with quotes, often not ASCII. */
  readonly country: string
  readonly indicator: string
  readonly year: string
  /** Empty for one in seven. */
  readonly value: string
  /** Empty for one in four. */
  readonly unit: string
  readonly lastupdated: string
}

/** The same with numbers, as a program holds it. */
export interface TypedIndicator extends Omit<Indicator, 'year' | 'value'> {
  readonly year: number
  readonly value: number | null
}

const countries = [
  'Korea, Rep.',
  'Egypt, Arab Rep.',
  'Congo, Dem. Rep.',
  'Aruba',
  'Afghanistan',
  'Angola',
  'United States',
  'Bahamas, The',
  'Côte d’Ivoire',
  'Türkiye',
  'Brazil',
  'Venezuela, RB',
  'Lao "PDR"',
  'São Tomé and Príncipe',
  'Germany',
  'Iran, Islamic Rep.',
  'Curaçao',
  'Micronesia, Fed. Sts.',
  'Japan',
  'Hong Kong SAR, China',
  'Norway',
]
const codes = ['NY.GDP.MKTP.CD', 'SP.POP.TOTL', 'SP.DYN.LE00.IN', 'EN.ATM.CO2E.PC', 'SL.UEM.TOTL.ZS', 'SE.ADT.LITR.ZS']
const units = ['', 'current US$', '%', 'years']

/** The row at an index: always the same, whichever was asked for before. */
export function typedIndicatorAt(index: number): TypedIndicator {
  const dice = mixed(index + 1, 7)
  const more = mixed(dice, index)
  const country = dice % countries.length
  return {
    iso3: String.fromCharCode(65 + country, 65 + ((country * 7) % 26), 65 + ((country * 11) % 26)),
    country: countries[country] as string,
    indicator: codes[(dice >>> 6) % codes.length] as string,
    year: 1960 + ((dice >>> 10) % 65),
    value: more % 7 === 0 ? null : (more % 1_000_000_000) / 1000,
    unit: units[(more >>> 7) & 3] as string,
    lastupdated: `2025-0${1 + ((more >>> 9) % 9)}-1${(more >>> 13) % 10}`,
  }
}

/** The same row as texts. Numbers stand as JavaScript prints them, so who reads and writes them again writes the same text. */
export function indicatorAt(index: number): Indicator {
  const row = typedIndicatorAt(index)
  return { ...row, year: String(row.year), value: row.value === null ? '' : String(row.value) }
}
