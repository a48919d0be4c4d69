import { EtlError, errorsOf, type RunReport } from '@millrace/etl-core'

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

/** Whether the line of a run has told of it. */
export const isTold = (error: unknown, { told }: { readonly told: WeakSet<object> }): boolean =>
  error instanceof RunFailed || (typeof error === 'object' && error !== null && told.has(error))
