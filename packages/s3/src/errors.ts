import {
  clockHint,
  isSdkError,
  nameOf,
  networkCodes,
  retryAfter,
  type SdkError,
  saidBy,
  sentences,
  slimCause,
} from '@millrace/aws'
import {
  ConfigError,
  type EtlError,
  type EtlErrorOptions,
  isEtlError,
  type Json,
  SinkError,
  SourceError,
} from '@millrace/etl-core'
import { objectConflict, objectNotFound } from '@millrace/objects'
import { byName, byNetworkCode, byStatus, kmsRow, type Row, retryByMeaning } from './error-table.js'
import { plainText } from './keys.js'

/** What was being done when S3 refused. */
export interface S3Action {
  /** Reading throws SourceError, writing SinkError. */
  readonly side: 'read' | 'write'
  readonly place: string
  /** The object's key, or the prefix that was listed. */
  readonly key: string
  /** The precondition, if there was one. */
  readonly expected?: string
}

/** What an error of S3 said, as it is kept in our errors' context. */
export interface Answer {
  /** S3's code or the SDK's name: `SlowDown`. */
  readonly name: string
  readonly status: number | undefined
}

/** What only errors of S3 have. */
interface S3SdkError extends SdkError {
  readonly Region?: unknown
  readonly Endpoint?: unknown
}

/**
 * An error of S3, of the SDK or of the network as ours. Errors that are ours already, and those no request made, are returned as they are.
 *
 * No secret gets into it: S3 sends back what was signed and even session tokens in fields of its errors, so the cause is a copy without.
 */
export function s3Error(error: unknown, action: S3Action): unknown {
  if (isEtlError(error) || !isSdkError(error)) return error
  const found = rowOf(error)
  if (!found) return error
  const { meaning, advice } = found
  const { side, place, key } = action
  const cause = slimCause(error)
  const context = contextOf(error, action)
  if (meaning === 'object') return withContext(objectNotFound(side, place, key, cause), context)
  if (meaning === 'conflict')
    return withContext(objectConflict(side, place, key, action.expected ?? 'another version'), context, cause)

  const text = sentences([
    `Could not ${side} ${key === '' ? '' : `"${key}" in `}${place}: ${saidBy(error)}`,
    hintOf(error, found),
    advice,
  ])
  const retryAfterMs = retryAfter(error)
  const options: EtlErrorOptions = {
    retry: found.retry ?? retryByMeaning(meaning),
    context,
    cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  if (meaning.startsWith('config:')) return new ConfigError(`ETL_CONFIG_${meaning.slice('config:'.length)}`, text, options)
  return side === 'read'
    ? new SourceError(`ETL_SOURCE_${meaning}`, text, options)
    : new SinkError(`ETL_SINK_${meaning}`, text, options)
}

/**
 * The conflict of a write, after a look at what is there.
 *
 * @param found - What was found; `undefined` for no object.
 */
export function writeConflict(
  place: string,
  key: string,
  expected: string,
  found: { readonly etag: string; readonly metadata: Readonly<Record<string, string>> } | undefined,
  cause: unknown,
): EtlError {
  const base = objectConflict('write', place, key, expected, { etag: found?.etag })
  const loadId = found?.metadata.loadid === undefined ? undefined : plainText(found.metadata.loadid)
  const by = loadId === undefined ? '' : ` It was written by load ${loadId}.`
  return new SinkError(base.code, `${base.message}${by}`, {
    context: { ...base.context, ...(loadId === undefined ? {} : { loadId }) },
    cause,
  })
}

/** What S3 had said, read off an error of {@link s3Error}. */
export function answerOf(error: unknown): Answer | undefined {
  if (!isEtlError(error)) return undefined
  const { s3, status } = error.context
  return typeof s3 === 'string' ? { name: s3, status: typeof status === 'number' ? status : undefined } : undefined
}

/** Whether a write that failed so may have been done all the same: the answer was lost, or an error came from behind the front door. */
export function mayBeDone(error: unknown): boolean {
  const answer = answerOf(error)
  if (!answer || !isEtlError(error)) return false
  if (error.code.startsWith('ETL_CONFIG_')) return false
  return answer.status === undefined || answer.status >= 500 || answer.status < 400
}

function rowOf(error: SdkError): Row | undefined {
  const name = nameOf(error)
  const status = error.$metadata?.httpStatusCode
  const listed = byName[name] ?? kmsRow(name)
  if (listed) return listed
  const network = networkCodes(error)
    .map(code => byNetworkCode[code])
    .find(each => each !== undefined)
  if (network) return network
  if (/^Region is missing/.test(error.message)) {
    return { meaning: 'config:REGION', advice: 'Set AWS_REGION, a region in the profile, or the option `region`.' }
  }
  // Thrown by the SDK's stream at the end of a body; the bytes came with HTTP 200.
  if (/^(Checksum mismatch|Connection lost|aborted$)/.test(error.message)) {
    return { meaning: 'UNAVAILABLE', advice: 'Bytes were damaged or lost on the way.' }
  }
  return status === undefined ? undefined : byStatus(status)
}

/** What only this one error can tell: the right region, how wrong the clock is. */
function hintOf(error: SdkError, { meaning }: Row): string {
  if (meaning === 'config:REGION') {
    const region = regionIn(error)
    if (region !== undefined) return `The bucket is in ${region}: set AWS_REGION or the option \`region\` to ${region}.`
    return /^Region is missing/.test(error.message)
      ? ''
      : 'The bucket is in another region: set AWS_REGION or the option `region` to that.'
  }
  if (error.name !== 'RequestTimeTooSkewed' && error.name !== 'RequestExpired') return ''
  return clockHint(error, 'S3')
}

function regionIn(error: S3SdkError): string | undefined {
  const { Region, Endpoint, message } = error
  const found = [
    error.$response?.headers?.['x-amz-bucket-region'],
    Region,
    /\.s3[.-]([a-z]{2,}(?:-[a-z]+)+-\d)\./.exec(String(Endpoint ?? ''))?.[1],
    /expecting '([a-z0-9-]+)'/.exec(message)?.[1],
  ].find(each => typeof each === 'string' && /^[a-z0-9-]{2,40}$/.test(each))
  return found as string | undefined
}

function contextOf(error: SdkError, { place, key }: S3Action): Record<string, Json> {
  const { httpStatusCode, requestId, attempts } = error.$metadata ?? {}
  return {
    place,
    ...(key === '' ? {} : { key }),
    s3: nameOf(error),
    ...(httpStatusCode === undefined ? {} : { status: httpStatusCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(attempts === undefined ? {} : { attempts }),
  }
}

function withContext(error: EtlError, context: Readonly<Record<string, Json>>, cause?: unknown): EtlError {
  const options = { retry: error.retry, context: { ...context, ...error.context }, cause: cause ?? error.cause }
  return error.name === 'SourceError'
    ? new SourceError(error.code, error.message, options)
    : new SinkError(error.code, error.message, options)
}
