import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listRejects, run } from '@millrace/etl-core'
import { folderStore, stateOver } from '@millrace/objects'
import { afterEach, expect, it } from 'vitest'
import orders from './orders.js'

const home = process.cwd()
afterEach(() => process.chdir(home))

it('writes both forms, copies the rejects, and tells once', async () => {
  process.chdir(mkdtempSync(join(tmpdir(), 'millrace-several-')))
  mkdirSync('in')
  writeFileSync('in/monday.csv', 'id,country,amount\n1,NO,9.50\n2,Norway,3.00\n3,SE,12.00\n')

  const first = await run(orders)
  const second = await run(orders)

  expect([first.status, second.status]).toEqual(['succeeded', 'unchanged'])
  expect(readFileSync('out/monday.csv', 'utf8')).toBe('id,country,amount\n1,NO,9.50\n3,SE,12.00\n')
  expect(readFileSync('out/monday.parquet').subarray(0, 4).toString()).toBe('PAR1')
  expect(JSON.parse(readFileSync('bad/monday.ndjson', 'utf8'))).toMatchObject({ raw: { id: '2', country: 'Norway' } })
  const stored = []
  for await (const reject of listRejects(stateOver(() => Promise.resolve(folderStore('out')), '_millrace/orders/state')))
    stored.push(reject)
  expect(stored).toHaveLength(1)
  const mails = readdirSync('mail').filter(name => name.endsWith('.ndjson'))
  expect(mails.map(name => JSON.parse(readFileSync(join('mail', name), 'utf8')).subject)).toEqual(['1 orders need a look'])
})

it('is explained with every place it writes to', () => {
  const pipeline = orders.build({ at: 'file:.' })
  pipeline.prepare(orders.name)

  const { writes, rejectsTo } = pipeline.explain()

  expect(writes).toBe('file:./out/{stem}.{ext}, as csv and file:./out/{stem}.{ext}, as parquet')
  expect(rejectsTo).toMatchObject([{ stage: '2 validate', writes: expect.stringContaining('bad') }])
})
