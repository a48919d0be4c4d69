import * as z from 'zod'

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

/** An order line with its amount, as both sides of the comparison check and write it. */
export const pricedOrder = z.object({
  id: z.coerce.number().int().positive(),
  placed_on: z.iso.date(),
  customer: z.string().min(1).max(80),
  country: z.string().length(2),
  sku: z.string().regex(/^[A-Z]{3}-\d{5}$/),
  quantity: z.coerce.number().int().min(1),
  unit_price: z.coerce.number().min(0),
  discount: z.string().transform(text => (text === '' ? null : Number(text))),
  note: z.string().max(200),
  amount: z.number().min(0),
})

/** Cancelled lines have no quantity; both sides leave them out. */
export const isOrdered = (order: Order): boolean => order.quantity !== '0'

/** Two places after the point. */
export const amountOf = (order: Order): number => Math.round(Number(order.quantity) * Number(order.unit_price) * 100) / 100

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

/** 32 bits that depend on all bits of both (the finisher of MurmurHash3). */
function mixed(value: number, seed: number): number {
  let h = Math.imul(value, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
