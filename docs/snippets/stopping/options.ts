import { run } from '@millrace/etl-core'
import orders from '../objects/latest.js'

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

const report = await run(
  orders,
  {},
  {
    signal: stop.signal,
    deadlineAtMs: Date.now() + 15 * 60_000,
    flushEvery: { batches: 1_000, intervalMs: 5_000 },
    retry: { attempts: 4, firstMs: 500, maxMs: 30_000 },
  },
)
if (report.status === 'stopped') console.log(`${report.left} splits still have work: run again.`)
