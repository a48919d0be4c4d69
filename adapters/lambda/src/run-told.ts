import { errorJson, type OnEvent, overallStatus, type RunReport } from '@millrace/etl-core'
import type { Invocation } from './invocation.js'
import { summaryOf } from './log.js'
import { type Measured, publishMetrics } from './metrics.js'
import { traced } from './trace.js'

/**
 * Runs something and tells of it: a line, numbers and a trace, whether it ends well, fails or throws. Loads that followed it in this process
 * are told of as well, each by itself.
 *
 * @param from - What asked for it.
 */
export async function runTold(
  invocation: Invocation,
  { from, loadId }: { readonly from: string; readonly loadId?: string | undefined },
  run: (onEvent?: OnEvent) => Promise<RunReport>,
): Promise<RunReport> {
  const { pipeline, coldStart, line } = invocation
  const beganAtMs = performance.now()
  try {
    const report = await traced(invocation.tracer, { pipeline: pipeline.name, coldStart }, run)
    tell(invocation, report, from)
    return report
  } catch (error) {
    const durationMs = Math.round(performance.now() - beganAtMs)
    const remainingMs = invocation.remainingMs()
    const more = { status: 'failed', loadId, durationMs, error: errorJson(error), from, coldStart, remainingMs }
    line('ERROR', 'run failed', more)
    if (error instanceof Error) invocation.told.add(error)
    measure(invocation, { pipeline: pipeline.name, status: 'failed', coldStart, durationMs, remainingMs })
    throw error
  }
}

function tell(invocation: Invocation, report: RunReport, from: string): void {
  const { coldStart, line } = invocation
  const { pipeline, status, durationMs } = report
  for (const next of report.next ?? []) if (next.report) tell(invocation, next.report, `load ${report.loadId} of ${pipeline}`)
  const overall = overallStatus(report)
  const remainingMs = invocation.remainingMs()
  line(overall === 'failed' ? 'ERROR' : 'INFO', `run ${status}${overall === status ? '' : `, then ${overall}`}`, {
    ...summaryOf(report),
    ...{ pipeline, from, coldStart, remainingMs },
  })
  measure(invocation, { pipeline, status, coldStart, durationMs, remainingMs, report })
}

/** What is measured must not fail for how it is told. */
function measure({ metrics, line }: Invocation, run: Measured): void {
  if (!metrics) return
  try {
    publishMetrics(metrics, run)
  } catch (error) {
    line('WARN', 'metrics of the run could not be published', { error: errorJson(error) })
  }
}
