import { type EtlError, type EtlErrorOptions, isEtlError, SinkError, SourceError } from '@millrace/etl-core'

/** Whether an object was being read or written: it decides the class of the error, and so who must act. */
export type Side = 'read' | 'write'

/** An error of the class for its side. */
export function errorFor(side: Side, code: string, message: string, options: EtlErrorOptions): EtlError {
  return side === 'read' ? new SourceError(code, message, options) : new SinkError(code, message, options)
}

/**
 * An error of reading as the one of whoever reads in order to write: `ETL_SOURCE_DENIED` becomes `ETL_SINK_DENIED`, and the class says that
 * the destination needs attention. Others are returned as they are.
 */
export function asWriting(error: unknown): unknown {
  if (!isEtlError(error) || error.name !== 'SourceError') return error
  const { code, message, context, retry, retryAfterMs } = error as EtlError
  return new SinkError(code.replace('ETL_SOURCE_', 'ETL_SINK_'), message, {
    retry,
    context,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** The error every store throws for an object that is not there. */
export function objectNotFound(side: Side, place: string, key: string, cause?: unknown): EtlError {
  return errorFor(side, 'ETL_OBJECT_NOT_FOUND', `There is no object "${key}" in ${place}.`, {
    context: { place, key },
    ...(cause === undefined ? {} : { cause }),
  })
}

/**
 * The error every store throws when a precondition does not hold.
 *
 * @param expected - What was asked for: `absent` or an etag.
 * @param found - The etag that is there, or `undefined` for no object; leave it out if it is not known.
 */
export function objectConflict(
  side: Side,
  place: string,
  key: string,
  expected: string,
  found?: { readonly etag: string | undefined },
): EtlError {
  const wanted = expected === 'absent' ? 'no object was expected there' : `version ${expected} was expected`
  const seen =
    found === undefined ? '' : found.etag === undefined ? ', and there is none' : `, and version ${found.etag} is there`
  return errorFor(side, 'ETL_OBJECT_CONFLICT', `Object "${key}" in ${place} was changed by someone else: ${wanted}${seen}.`, {
    context: { place, key, expected, found: found?.etag ?? null },
  })
}
