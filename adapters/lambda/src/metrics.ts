import type { RunReport, RunStatus } from '@millrace/etl-core'
import type { RunMetrics } from './instruments.js'

/** A run, as its numbers tell it. */
export interface Measured {
  readonly pipeline: string
  readonly status: RunStatus
  readonly coldStart: boolean
  readonly durationMs: number
  /** Of the invocation, when the run had ended. */
  readonly remainingMs: number | undefined
  /** Absent for a run that threw. */
  readonly report?: RunReport
}

const named: Readonly<Record<RunStatus, string>> = {
  succeeded: 'Succeeded',
  unchanged: 'Unchanged',
  stopped: 'Stopped',
  failed: 'Failed',
}

/**
 * Publishes the numbers of a run, with the dimension `pipeline`, and with `system` besides the requests to each. What other code has added
 * to the same metrics before is published first, without that dimension.
 */
export function publishMetrics(metrics: RunMetrics, run: Measured): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
  metrics.addDimension('pipeline', run.pipeline)
  // Only the status there was: each name is a metric that is paid for.
  metrics.addMetric(named[run.status], 'Count', 1)
  if (run.coldStart) metrics.addMetric('ColdStart', 'Count', 1)
  metrics.addMetric('DurationMs', 'Milliseconds', run.durationMs)
  if (run.remainingMs !== undefined) metrics.addMetric('RemainingMs', 'Milliseconds', run.remainingMs)
  if (run.report) addCounts(metrics, run.report)
  metrics.publishStoredMetrics()
  for (const [system, operations] of Object.entries(run.report?.requests ?? {})) {
    metrics.addDimension('pipeline', run.pipeline)
    metrics.addDimension('system', system)
    metrics.addMetric(
      'Requests',
      'Count',
      Object.values(operations).reduce((sum, count) => sum + count, 0),
    )
    metrics.publishStoredMetrics()
  }
}

function addCounts(metrics: RunMetrics, { counts }: RunReport): void {
  metrics.addMetric('RecordsRead', 'Count', counts.read)
  metrics.addMetric('RecordsWritten', 'Count', counts.written)
  metrics.addMetric('RecordsRejected', 'Count', counts.rejected)
  metrics.addMetric('RecordsDropped', 'Count', counts.dropped)
  metrics.addMetric('Bytes', 'Bytes', counts.bytes)
  metrics.addMetric('Batches', 'Count', counts.batches)
  metrics.addMetric('Retries', 'Count', counts.retries)
}
