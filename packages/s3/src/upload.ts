import type { CompletedPart } from '@aws-sdk/client-s3'
import { SinkError } from '@millrace/etl-core'
import type { ObjectInfo, StoreCallOptions } from '@millrace/objects'
import { type Bucket, infoOf } from './bucket.js'
import { answerOf } from './errors.js'
import { copySource, plainEtag } from './keys.js'
import { type LinkedSignal, linkedSignal, withGrace } from './linked-signal.js'
import { partsAtMost } from './part-sizes.js'
import type { PlannedPart } from './plan-assembly.js'
import { sliced } from './sliced-body.js'
import { conditionInput, expectedBy, lookBefore, objectInput, type Write, whatBecameOf } from './write-attempt.js'

/** An upload that was begun and not ended. */
export interface Upload extends LinkedSignal {
  /** Sends a part. */
  send(number: number, bytes: Uint8Array): Promise<CompletedPart>
  /** Lets S3 copy a part from an object of the bucket. */
  copy(number: number, from: Extract<PlannedPart, { copy: unknown }>['copy']): Promise<CompletedPart>
}

/** An upload's parts, in order, and their bytes together. */
export interface Filled {
  readonly parts: readonly CompletedPart[]
  readonly bytes: number
}

/** Tries at a whole upload, where its bytes can be had again. */
const uploadAttempts = 3
const abortWithinMs = 15_000
/** How long a stop waits for the id of an upload that is just being begun. */
const graceMs = 3_000

/**
 * An object in parts. Whatever fails, the upload is ended: unfinished ones are invisible and are paid for.
 *
 * @param fill - Sends the parts. Must not leave requests on their way when it throws.
 * @param repeatable - `fill` may be called again, with the same bytes.
 */
export async function uploadObject(
  bucket: Bucket,
  write: Write,
  fill: (upload: Upload) => Promise<Filled>,
  repeatable: boolean,
): Promise<ObjectInfo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await uploadOnce(bucket, write, fill)
    } catch (error) {
      if (!repeatable || attempt === uploadAttempts || !isLost(error)) throw error
    }
  }
}

/** The upload is no more, or cannot be completed any more; its object would be another try away. */
function isLost(error: unknown): boolean {
  const name = answerOf(error)?.name ?? ''
  return ['NoSuchUpload', 'InvalidPart', 'ConditionalRequestConflict', 'OperationAborted'].includes(name)
}

async function uploadOnce(bucket: Bucket, write: Write, fill: (upload: Upload) => Promise<Filled>): Promise<ObjectInfo> {
  const { key, options } = write
  const id = await begin(bucket, write)
  const link = linkedSignal(options.signal)
  try {
    link.signal.throwIfAborted()
    const filled = await fill(uploadOf(bucket, key, id, link))
    return await complete(bucket, write, id, filled)
  } catch (error) {
    await abort(bucket, key, id)
    throw error
  } finally {
    link.unlink()
  }
}

/** The signal does not cut this off: an upload that was begun and whose id is not known could never be ended. */
async function begin(bucket: Bucket, write: Write): Promise<string> {
  const { key, options } = write
  options.signal?.throwIfAborted()
  const beginning = bucket.ask({ side: 'write', key }, undefined, async ({ sdk, client }, send) => {
    // Parts then carry one by the SDK's own doing, and S3 wants to be told before.
    const checksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
    const algorithm = checksums ? { ChecksumAlgorithm: 'CRC32' as const } : {}
    return client.send(
      new sdk.CreateMultipartUploadCommand({ ...bucket.address(key), ...objectInput(bucket.settings, write), ...algorithm }),
      send,
    )
  })
  const begun = await withGrace(beginning, options.signal, graceMs, late => abort(bucket, key, late.UploadId ?? ''))
  return begun.UploadId ?? ''
}

function uploadOf(bucket: Bucket, key: string, id: string, link: LinkedSignal): Upload {
  const { signal } = link
  const action = { side: 'write' as const, key }
  const address = (number: number) => {
    if (number > partsAtMost) throw tooLarge(bucket.settings.place, key)
    return { ...bucket.address(key), UploadId: id, PartNumber: number }
  }
  return {
    ...link,
    async send(number, bytes) {
      const answer = await bucket.ask(action, signal, ({ sdk, client }, send) =>
        client.send(sliced(new sdk.UploadPartCommand({ ...address(number), Body: bytes }), client), send),
      )
      return completed(number, answer)
    },
    async copy(number, { key: from, etag, start, end, size }) {
      const { bucket: name } = bucket.settings
      const answer = await bucket.ask({ side: 'write', key: from, expected: etag }, signal, ({ sdk, client }, send) =>
        client.send(
          new sdk.UploadPartCopyCommand({
            ...address(number),
            CopySource: copySource(name, bucket.keyOf(from)),
            CopySourceIfMatch: bucket.quoted(etag),
            ...(start === 0 && end === size ? {} : { CopySourceRange: `bytes=${start}-${end - 1}` }),
          }),
          send,
        ),
      )
      return completed(number, answer.CopyPartResult ?? {})
    },
  }
}

/** S3 wants the checksums of parts back where it gave some. */
function completed(number: number, { ETag, ChecksumCRC32 }: CompletedPart): CompletedPart {
  return {
    PartNumber: number,
    ...(ETag === undefined ? {} : { ETag }),
    ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }),
  }
}

async function complete(bucket: Bucket, write: Write, id: string, { parts, bytes }: Filled): Promise<ObjectInfo> {
  const { key, options } = write
  const { signal, condition } = options
  const action = { side: 'write' as const, key, ...expectedBy(options) }
  if ((await bucket.api()).custom) await lookBefore(bucket, write)
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await bucket.ask(action, signal, ({ sdk, client }, send) =>
        client.send(
          new sdk.CompleteMultipartUploadCommand({
            ...bucket.address(key),
            UploadId: id,
            MultipartUpload: { Parts: [...parts] },
            ...conditionInput(bucket, condition),
          }),
          send,
        ),
      )
      const etag = plainEtag(answer.ETag ?? '')
      if (etag !== '') return { key, bytes, etag, modifiedAtMs: bucket.now() }
      // Ceph leaves it out.
      const found = await bucket.head(key, { signal, side: 'write' })
      return found ? infoOf(found) : { key, bytes, etag, modifiedAtMs: bucket.now() }
    } catch (error) {
      const found = await whatBecameOf(bucket, write, error, attempt, true)
      if (found !== 'again') return infoOf(found)
    }
  }
}

/** Without the run's signal, which may be why. What cannot be ended is left to the bucket's lifecycle rule. */
async function abort(bucket: Bucket, key: string, id: string): Promise<void> {
  const limit: StoreCallOptions = { signal: AbortSignal.timeout(abortWithinMs) }
  try {
    await bucket.ask({ side: 'write', key }, limit.signal, ({ sdk, client }, send) =>
      client.send(new sdk.AbortMultipartUploadCommand({ ...bucket.address(key), UploadId: id }), send),
    )
  } catch {
    // The error that led here is the one to tell.
  }
}

function tooLarge(place: string, key: string): SinkError {
  return new SinkError(
    'ETL_SINK_TOO_LARGE',
    `"${key}" in ${place} would have more than ${partsAtMost} parts: raise partBytes, or write several objects.`,
    { context: { place, key } },
  )
}
