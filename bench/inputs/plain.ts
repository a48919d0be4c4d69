import { mixed } from './dice.js'

/** An order of six fields: ASCII only, and nothing that needs quotes. */
export function plainOrderAt(index: number): Record<string, string> {
  const dice = mixed(index + 1, 11)
  const more = mixed(dice, index)
  return {
    order_id: String(1_000_000 + index),
    customer_id: `C${dice % 1_000_000}`,
    sku: `SKU-${(dice >>> 9) % 10_000}`,
    quantity: String(1 + ((more >>> 3) % 9)),
    price: ((more % 50_000) / 100).toFixed(2),
    ordered_at: `2025-0${1 + (more % 9)}-1${(more >>> 5) % 10}T0${(more >>> 9) % 10}:${10 + ((more >>> 13) % 49)}:00Z`,
  }
}

const wideFields = 50

/** Fifty fields, five of them in quotes. */
export function wideAt(index: number): Record<string, string> {
  const row: Record<string, string> = {}
  for (let field = 0; field < wideFields; field++) row[`col${field}`] = cell(field, mixed(index + 1, field))
  return row
}

function cell(field: number, dice: number): string {
  if (field % 10 === 9) return `text, ${dice % 100_000}`
  if (field % 3 === 0) return String(dice % 1_000_000)
  return field % 3 === 1 ? ((dice % 1_000_000) / 1000).toFixed(3) : `v${dice % 10_000}`
}
