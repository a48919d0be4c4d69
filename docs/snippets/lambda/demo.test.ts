import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('npm run demo:lambda takes an event of each kind, and a load that crosses deadlines', () => {
  const printed = execFileSync(process.execPath, [fileURLToPath(new URL('./demo.mjs', import.meta.url))], { encoding: 'utf8' })

  expect(printed).toContain(
    'SQS, with a message that is no JSON        1 done, 1 in the dead-letter queue; the log says ETL_EVENT_UNKNOWN',
  )
  expect(printed).toMatch(/\d+ deadlines crossed, and every record is there once/)
}, 60_000)
