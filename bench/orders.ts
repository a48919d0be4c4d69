import { mixed } from './inputs/dice.js'

/** One order line as it stands in a file: texts. */
export interface Order {
  readonly id: string
  readonly placed_on: string
  readonly customer: string
  readonly country: string
  readonly sku: string
  readonly quantity: string
  readonly unit_price: string
  /** Empty for most. */
  readonly discount: string
  /** Empty for most; else with commas, quotes, and now and then a line end. */
  readonly note: string
}

const customers = [
  'Anna Lindqvist',
  'José Ñandú e Hijos, S.A.',
  'Müller & Söhne',
  '"Blue Door" Books',
  'Acme Tools',
  '東京文具',
  "O'Neill Freight",
  'Δελφοί Imports',
]
const countries = ['SE', 'PY', 'DE', 'IE', 'US', 'JP', 'GB', 'GR']
const notes = ['leave at the "back" door', 'call before, not after, 17:00', 'gift\nwrap it', 'déjà payé', 'fragile']
const firstDay = Date.UTC(2020, 0, 1)
const dayMs = 86_400_000

/** The order line at an index: always the same for a seed, whichever was asked for before. */
export function orderAt(index: number, seed = 1): Order {
  const dice = mixed(index + 1, seed)
  const more = mixed(dice, index)
  const day = new Date(firstDay + (dice % 2000) * dayMs).toISOString().slice(0, 10)
  return {
    id: String(index + 1),
    placed_on: day,
    customer: `${customers[dice & 7]} ${(dice >>> 3) % 5000}`,
    country: countries[more & 7] as string,
    sku: `${letters(more >>> 3)}-${String(more % 100_000).padStart(5, '0')}`,
    quantity: String((dice >>> 8) % 20),
    unit_price: ((more >>> 5) / 1_000_000).toFixed(2),
    discount: dice % 4 === 0 ? `0.${1 + (more % 9)}` : '',
    note: more % 5 === 0 ? (notes[(more >>> 4) % notes.length] as string) : '',
  }
}

const letters = (value: number) => String.fromCharCode(65 + (value % 26), 65 + ((value >>> 5) % 26), 65 + ((value >>> 10) % 26))
