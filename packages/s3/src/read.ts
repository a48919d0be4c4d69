import type { Readable } from 'node:stream'
import { isEtlError } from '@millrace/etl-core'
import { type GetOptions, type ObjectBody, type ObjectInfo, objectConflict, objectNotFound } from '@millrace/objects'
import { type Bucket, foundOf, seenOf } from './bucket.js'
import { answerOf, s3Error } from './errors.js'
import { backoff } from './wait.js'

/** What to read, and of which version. */
export interface S3GetOptions extends GetOptions {
  /** This version of the object, also when it is not the newest. */
  readonly versionId?: string
}

/** Tries in a row that bring no byte. */
const attempts = 4

interface Opened {
  readonly info: ObjectInfo
  /** The one that was asked for. Reading by one needs `s3:GetObjectVersion`, so no other is. */
  readonly versionId: string | undefined
  /** How many bytes come. */
  readonly bytes: number
  readonly stream: Readable
}

/**
 * Opens an object and streams it. A body that is cut off is asked for again from where it ended, of the same version only.
 *
 * @throws `ETL_OBJECT_NOT_FOUND`, `ETL_OBJECT_CONFLICT`; while reading also `ETL_SOURCE_UNAVAILABLE`.
 */
export async function getObject(bucket: Bucket, key: string, options: S3GetOptions): Promise<ObjectBody> {
  const { range, signal } = options
  if (range && range.end !== undefined && range.end <= range.start) return nothingOf(bucket, key, options)
  try {
    const opened = await open(bucket, key, options, range)
    return { info: opened.info, body: bodyOf(bucket, opened, range?.start ?? 0, signal) }
  } catch (error) {
    // A range behind the end: nothing is there to read, and that is no error.
    if (answerOf(error)?.status === 416) return nothingOf(bucket, key, options)
    throw error
  }
}

/** The object without a byte of it. */
async function nothingOf(bucket: Bucket, key: string, { ifMatch, signal, versionId }: S3GetOptions): Promise<ObjectBody> {
  const { place } = bucket.settings
  const found = await bucket.head(key, { signal, versionId })
  if (!found) throw objectNotFound('read', place, key)
  if (ifMatch !== undefined && ifMatch !== found.etag) throw objectConflict('read', place, key, ifMatch, found)
  return { info: seenOf(found), body: (async function* () {})() }
}

async function open(bucket: Bucket, key: string, options: S3GetOptions, range: GetOptions['range']): Promise<Opened> {
  const { ifMatch, signal, versionId } = options
  const input = () => ({
    ...bucket.address(key),
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(range ? { Range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` } : {}),
    ...(ifMatch === undefined ? {} : { IfMatch: bucket.quoted(ifMatch) }),
  })
  const action = { side: 'read' as const, key, ...(ifMatch === undefined ? {} : { expected: ifMatch }) }
  const request = () =>
    bucket.ask(action, signal, ({ sdk, client }, send) => client.send(new sdk.GetObjectCommand(input()), send))
  const answer = await request().catch(async error => {
    if (ifMatch === undefined || !isEtlError(error, 'ETL_OBJECT_CONFLICT')) throw error
    const found = await bucket.head(key, { signal, versionId })
    if (found?.etag === ifMatch && bucket.leaveQuotesOut()) return request()
    throw objectConflict('read', bucket.settings.place, key, ifMatch, { etag: found?.etag })
  })
  const bytes = answer.ContentLength ?? 0
  const whole = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes)
  const found = foundOf(key, whole, answer)
  return { info: seenOf(found), versionId, bytes, stream: answer.Body as Readable }
}

/** The bytes, across as many answers as it takes. Made by hand so that `return` closes the connection also before the first `next`. */
function bodyOf(
  bucket: Bucket,
  first: Opened,
  start: number,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<Uint8Array> {
  const { info } = first
  const { place } = bucket.settings
  const end = start + first.bytes
  let at = start
  let failures = 0
  let done = false
  let { stream } = first
  let chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()

  const close = () => {
    done = true
    // Nobody listens any more to what breaks by closing.
    stream.on('error', () => {})
    stream.destroy()
  }
  const reopen = async (error: unknown): Promise<void> => {
    stream.on('error', () => {})
    stream.destroy()
    failures++
    // At the end there is nothing more to ask for: what was read does not match its checksum.
    if (!isEtlError(error) || error.retry !== 'later' || failures >= attempts || at >= end) throw error
    await backoff(failures, 50, signal)
    const range = { start: at, end }
    try {
      const again = await open(
        bucket,
        info.key,
        { ifMatch: info.etag, ...(signal ? { signal } : {}), ...versionOf(first) },
        range,
      )
      stream = again.stream
      chunks = stream[Symbol.asyncIterator]()
    } catch (failed) {
      if (isEtlError(failed, 'ETL_OBJECT_NOT_FOUND'))
        throw objectConflict('read', place, info.key, info.etag, { etag: undefined })
      await reopen(failed)
    }
  }
  const translated = (error: unknown) => s3Error(error, { side: 'read', place, key: info.key })

  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    while (!done) {
      try {
        signal?.throwIfAborted()
        const chunk = await chunks.next()
        signal?.throwIfAborted()
        if (!chunk.done) {
          at += chunk.value.length
          failures = 0
          return { done: false, value: chunk.value }
        }
        if (at >= end) break
        throw cutOff(at - start, end - start)
      } catch (error) {
        if (signal?.aborted) {
          close()
          throw signal.reason
        }
        try {
          await reopen(translated(error))
        } catch (final) {
          close()
          throw signal?.aborted ? signal.reason : final
        }
      }
    }
    close()
    return { done: true, value: undefined }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next,
    async return() {
      close()
      return { done: true, value: undefined }
    },
  }
}

const versionOf = ({ versionId }: Opened) => (versionId === undefined ? {} : { versionId })

/** An answer that ended before its announced length, as an error of the network. */
function cutOff(got: number, expected: number): Error {
  return Object.assign(new Error(`the answer ended after ${got} of ${expected} bytes`), { code: 'ECONNRESET' })
}
