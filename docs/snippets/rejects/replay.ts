import { replayRejects } from '@millrace/etl-core'
import orders from './orders.fixed.js'

/** What the step "validate" refused, once more. Records that are refused again stay rejects. */
export async function replayRefused(from: string, to: string) {
  const report = await replayRejects(orders, { from, to }, { stage: 'validate' })
  return { status: report.status, written: report.counts.written, left: report.counts.rejected }
}
