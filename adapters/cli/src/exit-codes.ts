import { errorsOf, isEtlError, overallStatus, type RunReport } from '@millrace/etl-core'

/**
 * What the command's exit code says.
 *
 * - `done` 0: succeeded, or there was nothing new.
 * - `failed` 1: the run failed, or the data, a place or the state could not be reached.
 * - `wrongUse` 2: flags, parameters, a place, options or the pipeline's file are wrong. Nothing was written.
 * - `stopped` 3: stopped with work left (a deadline, SIGTERM). The next run goes on from there.
 * - `interrupted` 130: the same after Ctrl-C.
 * - `readerGone` 141: the same because the reader of records on standard output has left (`| head`), as of a process that SIGPIPE ends.
 */
export const exitCodes = { done: 0, failed: 1, wrongUse: 2, stopped: 3, interrupted: 130, readerGone: 141 } as const

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code of a run that came to a report: that of the run and of everything that followed it. */
export function exitCodeOf(report: RunReport, stoppedBy?: 'interrupted' | 'readerGone'): ExitCode {
  const status = overallStatus(report)
  if (status === 'failed' && isWrongUse(report)) return exitCodes.wrongUse
  if (status === 'failed') return exitCodes.failed
  if (status === 'stopped') return exitCodes[stoppedBy ?? 'stopped']
  return exitCodes.done
}

/** Some problems of options are only found when the first record is read or written: they are no other than those found before. */
function isWrongUse(report: RunReport): boolean {
  const { groups, counts, next } = report
  const errors = [...errorsOf(report), ...groups.flatMap(({ error }) => (error ? [error] : []))]
  const nothingDone = counts.written === 0 && groups.every(({ status }) => status !== 'published') && next === undefined
  return nothingDone && errors.length > 0 && errors.every(({ code }) => /^ETL_(CONFIG_INVALID|PARAMS_\w+|PLACE_\w+)$/.test(code))
}

/** The exit code of something thrown: ConfigError is the class of errors that the caller must act on. */
export function exitCodeOfError(error: unknown): ExitCode {
  return isEtlError(error) && error.name === 'ConfigError' ? exitCodes.wrongUse : exitCodes.failed
}
