import * as z from 'zod'
import type { Order } from './orders.js'

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
