import { tryOut } from '@millrace/etl-testkit'
import { expect, it } from 'vitest'
import shipped from './shipped.js'

it('keeps shipped orders, and rejects those whose amount is no number', async () => {
  const { written, rejects, report } = await tryOut(shipped, {
    records: [
      { id: 'a', amount: 3, status: 'shipped' },
      { id: 'b', amount: 'ten', status: 'shipped' },
      { id: 'c', amount: 5, status: 'open' },
    ],
  })

  expect(written).toEqual([{ id: 'a', amount: 3 }])
  expect(rejects[0]).toMatchObject({ stage: '2 validate', raw: { id: 'b', amount: 'ten' } })
  expect(report.counts).toMatchObject({ read: 3, written: 1, rejected: 1, dropped: 1 })
})
