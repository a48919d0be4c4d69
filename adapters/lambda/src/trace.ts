import { errorJson, type OnEvent, overallStatus, type RunReport } from '@millrace/etl-core'
import type { RunSubsegment, RunTracer } from './instruments.js'
import { RunFailed } from './run-failed.js'

/** Splits of a run that get a part of the trace: a document of X-Ray for each, and a load may have tens of thousands. */
const mostSplits = 50

/**
 * Runs something as a part of the invocation's trace: `run <pipeline>`, with a part for each of the first 50 splits. Annotations: pipeline,
 * loadId, status, ColdStart, Service. Where nothing is traced it is only run.
 */
export async function traced(
  tracer: RunTracer | undefined,
  { pipeline, coldStart }: { readonly pipeline: string; readonly coldStart: boolean },
  run: (onEvent?: OnEvent) => Promise<RunReport>,
): Promise<RunReport> {
  if (!tracer?.isTracingEnabled()) return run()
  const within = async (subsegment?: RunSubsegment): Promise<RunReport> => {
    if (!subsegment) return run()
    const splits = splitParts(subsegment)
    subsegment.addAnnotation('pipeline', pipeline)
    subsegment.addAnnotation('ColdStart', coldStart)
    tracer.addServiceNameAnnotation()
    try {
      const report = await run(splits.onEvent)
      subsegment.addAnnotation('loadId', report.loadId)
      subsegment.addAnnotation('status', report.status)
      if (overallStatus(report) === 'failed') tracer.addErrorAsMetadata(new RunFailed(report))
      return report
    } catch (error) {
      subsegment.addAnnotation('status', 'failed')
      tracer.addErrorAsMetadata(error instanceof Error ? error : new Error(errorJson(error).message))
      throw error
    } finally {
      splits.close()
      subsegment.close()
    }
  }
  return (await tracer.provider.captureAsyncFunc(`run ${pipeline}`, within)) as RunReport
}

/** Parts for splits, by the events of their run. */
function splitParts(parent: RunSubsegment): { readonly onEvent: OnEvent; close(): void } {
  const open = new Map<string, RunSubsegment>()
  let made = 0
  return {
    onEvent(event) {
      if (event.type === 'split.started' && !open.has(event.split) && made < mostSplits) {
        made++
        const part = parent.addNewSubsegment('split')
        part.addAnnotation('split', event.split)
        part.addAnnotation('group', event.group)
        open.set(event.split, part)
      }
      if (event.type !== 'split.finished') return
      const part = open.get(event.split)
      open.delete(event.split)
      part?.addAnnotation('status', event.report.status)
      if (event.report.status === 'failed') part?.addErrorFlag()
      part?.close()
    },
    close() {
      for (const part of open.values()) part.close()
    },
  }
}
