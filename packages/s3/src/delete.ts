import { type EtlError, isEtlError, SinkError } from '@millrace/etl-core'
import { objectConflict, type StoreCallOptions } from '@millrace/objects'
import type { Bucket } from './bucket.js'
import { s3Error } from './errors.js'
import { fitsXml } from './keys.js'
import { backoff } from './wait.js'
import { busyAttempts, isBusy } from './write-attempt.js'

/** What S3 takes in one request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html (read 2026-11) */
const keysAtOnce = 1_000
const attempts = 4
/** Keys named in a message. */
const namedAtMost = 5

interface Failure {
  readonly key: string
  readonly error: EtlError
}

/**
 * Deletes objects, a thousand at a request. Keys that S3 was too busy for are asked for again; what is left then is one error that names
 * the keys and says how many.
 */
export async function deleteObjects(bucket: Bucket, keys: readonly string[], { signal }: StoreCallOptions = {}): Promise<void> {
  signal?.throwIfAborted()
  for (const key of keys) bucket.keyOf(key)
  // A single one needs no document, and a document cannot carry every key.
  const alone = keys.length === 1 ? keys : keys.filter(key => !fitsXml(key))
  for (const key of alone) {
    await bucket.ask({ side: 'write', key }, signal, ({ sdk, client }, send) =>
      client.send(new sdk.DeleteObjectCommand(bucket.address(key)), send),
    )
  }
  if (keys.length === 1) return
  const together = keys.filter(fitsXml)
  const failures: Failure[] = []
  for (let at = 0; at < together.length; at += keysAtOnce) {
    failures.push(...(await deleteBatch(bucket, together.slice(at, at + keysAtOnce), signal)))
  }
  if (failures.length > 0) throw deleteError(bucket.settings.place, failures)
}

/**
 * Deletes one object if it is still at that version, on AWS. Other servers may overlook the condition and delete whatever is there, so they
 * are not asked: false. A deletion whose answer was lost finds nothing when it is repeated, and counts as done.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html (read 2026-11): 412, 404 for what is gone, 409; it
 * takes s3:DeleteObject and s3:GetObject.
 */
export async function deleteIf(bucket: Bucket, key: string, etag: string, { signal }: StoreCallOptions = {}): Promise<boolean> {
  signal?.throwIfAborted()
  const input = { ...bucket.address(key), IfMatch: bucket.quoted(etag) }
  if ((await bucket.api()).custom) return false
  for (let attempt = 1; ; attempt++) {
    try {
      await bucket.ask({ side: 'write', key, expected: etag }, signal, ({ sdk, client }, send) =>
        client.send(new sdk.DeleteObjectCommand(input), send),
      )
      return true
    } catch (error) {
      if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) {
        if (Number((error as EtlError).context.attempts) > 1) return true
        throw objectConflict('write', bucket.settings.place, key, etag, { etag: undefined })
      }
      if (!isBusy(error) || attempt === busyAttempts) throw error
      await backoff(attempt, 50, signal)
    }
  }
}

async function deleteBatch(
  bucket: Bucket,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Failure[]> {
  const refused: Failure[] = []
  let left = keys
  for (let attempt = 1; ; attempt++) {
    const failures = await deleteOnce(bucket, left, signal)
    const busy = failures.filter(({ error }) => error.retry === 'later')
    refused.push(...failures.filter(failure => !busy.includes(failure)))
    if (busy.length === 0 || attempt === attempts) return [...refused, ...busy]
    await backoff(attempt, 100, signal)
    left = busy.map(({ key }) => key)
  }
}

async function deleteOnce(bucket: Bucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<readonly Failure[]> {
  const { bucket: name, place, keyPrefix, expectedBucketOwner } = bucket.settings
  const answer = await bucket.ask({ side: 'write', key: '' }, signal, ({ sdk, client }, send) =>
    client.send(
      new sdk.DeleteObjectsCommand({
        Bucket: name,
        Delete: { Quiet: true, Objects: keys.map(key => ({ Key: bucket.keyOf(key) })) },
        ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
      }),
      send,
    ),
  )
  return (answer.Errors ?? [])
    .filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion')
    .map(({ Key = '', Code = 'Error', Message = '' }) => {
      const key = Key.slice(keyPrefix.length)
      // The answer as a whole was a 200; the codes are those that answers to one key have.
      const said = Object.assign(new Error(Message || Code), { name: Code, $metadata: { httpStatusCode: statusOf(Code) } })
      const error = s3Error(said, { side: 'write', place, key })
      return { key, error: isEtlError(error) ? error : new SinkError('ETL_SINK_UNAVAILABLE', String(error), { retry: 'later' }) }
    })
}

const statusOf = (code: string): number => (code === 'InternalError' ? 500 : code === 'SlowDown' ? 503 : 400)

function deleteError(place: string, failures: readonly Failure[]): EtlError {
  const [first] = failures as [Failure]
  if (failures.length === 1) return first.error
  const named = failures.slice(0, namedAtMost).map(({ key }) => JSON.stringify(key))
  const more = failures.length > named.length ? ` and ${failures.length - named.length} more` : ''
  return new SinkError(
    first.error.code,
    `${failures.length} objects in ${place} could not be deleted: ${named.join(', ')}${more}. Of the first: ${first.error.message}`,
    {
      retry: failures.some(({ error }) => error.retry === 'never') ? 'never' : 'later',
      context: {
        place,
        failed: failures.length,
        keys: failures.slice(0, 100).map(({ key, error }) => ({ key, code: error.code })),
      },
      cause: first.error,
    },
  )
}
