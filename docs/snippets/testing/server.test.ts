import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { observationRow, worldBankServer } from '@millrace/source-worldbank/testing'
import { worldbank } from '@millrace/system-worldbank'
import { expect, it } from 'vitest'

it('gets over a bad gateway', async () => {
  const row = { indicator: 'SP.POP.TOTL', country: 'NA', iso3: 'NAM', date: '2020', value: '2489098' }
  const indicator = { id: 'SP.POP.TOTL', sourceId: '2', lastUpdated: '2026-03-06', rows: [observationRow(row)] }
  const server = await worldBankServer({ data: { countries: [], indicators: [indicator], metadata: {}, errors: {} } })
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))

  server.failNext('badGateway')
  const report = await run(worldbank, { indicators: ['SP.POP.TOTL'], apiUrl: server.url, to: `file:${folder}` })

  expect(report).toMatchObject({ status: 'succeeded', counts: { written: 1 } })
  expect(server.requests[0]?.fault).toBe('badGateway')
  expect(await readFile(join(folder, 'SP.POP.TOTL/latest.csv'), 'utf8')).toContain('NAM')
  await server.close()
  await rm(folder, { recursive: true })
})
