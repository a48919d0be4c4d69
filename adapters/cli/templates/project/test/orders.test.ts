import { tryOut } from '@millrace/etl-testkit'
import { expect, it } from 'vitest'
import orders from '../src/orders.js'

it('adds the total of an order, and rejects one whose price is no number', async () => {
  const { written, rejects } = await tryOut(orders, {
    records: [
      { order: '1', customer: 'Ada', quantity: '3', price: '2.50' },
      { order: '2', customer: 'Ben', quantity: '1', price: 'free' },
    ],
  })

  expect(written).toEqual([{ order: '1', customer: 'Ada', quantity: '3', price: '2.50', total: '7.50' }])
  expect(rejects).toMatchObject([{ raw: { order: '2' }, reason: 'price: must be a number such as 12.50' }])
})
