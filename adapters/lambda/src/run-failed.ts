import { type ErrorJson, EtlError, errorJson, errorsOf, type RunReport } from '@millrace/etl-core'

/** A run that ended as `failed`, or one that was followed by such a run. `report` says what was published all the same and what was not. */
export class RunFailed extends EtlError {
  readonly report: RunReport
  constructor(report: RunReport) {
    const published = report.groups.filter(group => group.status === 'published').length
    const [error] = errorsOf(report)
    const why = error ? `${error.message} [${error.code}]` : (report.reason ?? 'see its report')
    const what =
      report.status === 'failed'
        ? `Pipeline "${report.pipeline}" failed in load ${report.loadId}`
        : `What follows load ${report.loadId} of pipeline "${report.pipeline}" failed`
    super('ETL_RUN_FAILED', `${what}: ${why} (${published} of ${report.groups.length} groups are published.)`, {
      retry: error?.retry ?? 'later',
      context: { loadId: report.loadId, published, groups: report.groups.length },
    })
    this.report = report
  }
}

/** Why it failed: of a run, what its report says. */
export const reasonOf = (error: unknown): ErrorJson =>
  (error instanceof RunFailed ? error.report.error : undefined) ?? errorJson(error)

/**
 * Whether a run failed for nothing but the object that its event told of: it was deleted since, or replaced by another one than the event's.
 * It never comes back, and another event tells of what is there instead.
 *
 * @param from - The object's place: `s3://bucket/key`.
 */
export function isGone(error: unknown, from: string): boolean {
  if (!(error instanceof RunFailed)) return false
  const failed = error.report.groups.filter(({ status }) => status === 'failed')
  return failed.length > 0 && failed.every(group => group.error !== undefined && isGoneFrom(group.error, from))
}

const isGoneFrom = ({ code, context = {} }: ErrorJson, from: string): boolean =>
  context.place === from && (code === 'ETL_SOURCE_NOT_FOUND' || code === 'ETL_SOURCE_REPLACED')

/** Whether the line of a run has told of it. */
export const isTold = (error: unknown, { told }: { readonly told: WeakSet<object> }): boolean =>
  error instanceof RunFailed || (typeof error === 'object' && error !== null && told.has(error))
