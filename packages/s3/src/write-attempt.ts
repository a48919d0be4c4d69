import { randomBytes } from 'node:crypto'
import { isEtlError } from '@millrace/etl-core'
import type { PutCondition, PutOptions } from '@millrace/objects'
import type { Bucket, Found } from './bucket.js'
import { answerOf, mayBeDone, writeConflict } from './errors.js'
import { headerText } from './keys.js'
import type { Settings } from './options.js'
import { backoff } from './wait.js'
import { writeIdKey } from './write-id.js'

/** One write of one object, through all its tries. */
export interface Write {
  readonly key: string
  readonly options: PutOptions
  /** Kept with the object, so that a write whose answer was lost is known again. */
  readonly id: string
}

/** Tries at what S3 refuses because someone else is writing. */
export const busyAttempts = 8

export const newWrite = (key: string, options: PutOptions): Write => ({ key, options, id: randomBytes(12).toString('hex') })

/** What goes with an object, in one request or as an upload is begun. */
export function objectInput(settings: Settings, { options, id }: Write) {
  const { serverSideEncryption, kmsKeyId, storageClass, tags } = settings
  const metadata = Object.entries({ ...settings.metadata, ...options.metadata }).map(([name, value]) => [
    name.toLowerCase(),
    headerText(value),
  ])
  return {
    Metadata: { ...Object.fromEntries(metadata), [writeIdKey]: id } as Record<string, string>,
    ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
    ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
    ...(tags === undefined ? {} : { Tagging: new URLSearchParams(tags).toString().replaceAll('+', '%20') }),
  }
}

/** A condition as headers. */
export function conditionInput(bucket: Bucket, condition: PutCondition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {}
  return condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: bucket.quoted(condition.etag) }
}

/** A condition as errors name it. */
export function expectedBy({ condition }: PutOptions): { expected?: string } {
  if (condition === undefined) return {}
  return { expected: condition === 'absent' ? 'absent' : condition.etag }
}

/**
 * What became of a write that failed: it is there all the same (what was found), it is worth another try, or it throws.
 *
 * A client that lost an answer asks again and is refused because of itself; so a refused precondition is a conflict only when the object
 * that is there was not written by this very write.
 *
 * @param lookAnyway - Look also after a write without a condition, because repeating it costs more than a look.
 */
export async function whatBecameOf(
  bucket: Bucket,
  write: Write,
  error: unknown,
  attempt: number,
  lookAnyway = false,
): Promise<Found | 'again'> {
  const { key, options } = write
  const { condition, signal } = options
  if (signal?.aborted) throw error
  const look = () => bucket.head(key, { signal, side: 'write' })
  const ours = (found: Found | undefined) => (found?.metadata[writeIdKey] === write.id ? found : undefined)

  if (condition !== undefined && saysConflict(error, condition)) {
    const found = await look()
    if (ours(found)) return found as Found
    if (condition !== 'absent' && found?.etag === condition.etag && bucket.leaveQuotesOut()) return 'again'
    throw writeConflict(bucket.settings.place, key, condition === 'absent' ? condition : condition.etag, found, error)
  }
  if (isBusy(error) && attempt < busyAttempts) {
    await backoff(attempt, 50, signal)
    return 'again'
  }
  const gone = answerOf(error)?.name === 'NoSuchUpload'
  if (gone || ((condition !== undefined || lookAnyway) && mayBeDone(error))) {
    // What went wrong first is what matters.
    const found = ours(await look().catch(() => undefined))
    if (found) return found
  }
  throw error
}

/** 412; or 404, what AWS says of If-Match where nothing is. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function saysConflict(error: unknown, condition: PutCondition): boolean {
  return isEtlError(error, 'ETL_OBJECT_CONFLICT') || (condition !== 'absent' && isEtlError(error, 'ETL_OBJECT_NOT_FOUND'))
}

/** S3 refuses because someone else is writing; another try may do. */
export function isBusy(error: unknown): boolean {
  const name = answerOf(error)?.name
  return name === 'ConditionalRequestConflict' || name === 'OperationAborted'
}

/**
 * Refuses a write whose condition plainly does not hold, before the upload's parts become an object. For servers that take conditions
 * only on single puts: someone may still come in between.
 */
export async function lookBefore(bucket: Bucket, { key, options }: Write): Promise<void> {
  const { condition, signal } = options
  if (condition === undefined) return
  const found = await bucket.head(key, { signal, side: 'write' })
  const expected = condition === 'absent' ? undefined : condition.etag
  if (found?.etag === expected) return
  throw writeConflict(bucket.settings.place, key, expected ?? 'absent', found, undefined)
}
