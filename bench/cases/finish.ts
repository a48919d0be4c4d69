import { join } from 'node:path'
import type { RunReport } from '@millrace/etl-core'
import type { Done } from '../case.js'

/** What a run published, after making sure that it was everything. */
export function doneBy(report: RunReport, folder?: string): Done {
  const [object, ...others] = report.groups.flatMap(group => group.objects ?? [])
  if (report.status !== 'succeeded' || object === undefined || others.length > 0 || report.counts.rejected > 0)
    throw new Error(`The run did not publish one object of everything: ${JSON.stringify({ ...report, splits: [] })}`)
  const name = object.place.slice(object.place.lastIndexOf('/') + 1)
  return {
    recordsIn: report.counts.read,
    recordsOut: report.counts.written,
    bytesOut: object.bytes,
    ...(folder === undefined ? {} : { file: join(folder, name) }),
  }
}

/** A report of a run that went well. */
export function succeeded(report: RunReport): RunReport {
  if (report.status === 'succeeded' && report.counts.rejected === 0) return report
  throw new Error(`The run did not take everything: ${JSON.stringify({ ...report, splits: [] })}`)
}
