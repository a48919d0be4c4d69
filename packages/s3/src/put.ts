import type { CompletedPart } from '@aws-sdk/client-s3'
import type { ObjectInfo, PutOptions } from '@millrace/objects'
import { type Bucket, infoOf } from './bucket.js'
import { gate } from './gate.js'
import { gather, type Part, slices } from './gather.js'
import { plainEtag } from './keys.js'
import { partSize } from './part-sizes.js'
import { sliced } from './sliced-body.js'
import { type Filled, type Upload, uploadObject } from './upload.js'
import { conditionInput, expectedBy, newWrite, objectInput, type Write, whatBecameOf } from './write-attempt.js'

/** Bytes at hand take no more memory in one request; staged parts are a batch larger than a part, and one request is better than four. */
const oneRequest = 2

/** Writes one object: in one request up to the size of a part (bytes at hand, and chunks whose number of bytes is known: of two), else in parts. */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<ObjectInfo> {
  const { partBytes, partsInFlight } = bucket.settings
  const { signal } = options
  const write = newWrite(key, options)
  const sizeOf = (number: number) => partSize(number, partBytes)
  if (body instanceof Uint8Array) {
    if (body.length <= oneRequest * partBytes) return putBytes(bucket, write, body)
    return uploadObject(bucket, write, upload => fillFrom(upload, slices(body, sizeOf), partsInFlight), true)
  }

  if (options.bytes !== undefined && options.bytes <= oneRequest * partBytes)
    return putBytes(bucket, write, await joined(body, options.bytes, signal))

  let failed: AbortSignal | undefined
  const parts = gather(body, sizeOf, () => (failed ?? signal)?.throwIfAborted())
  try {
    const first = await nextOf(parts)
    if (first.last) return await putBytes(bucket, write, first.bytes)
    const fill = (upload: Upload) => {
      failed = upload.signal
      return fillFrom(upload, parts, partsInFlight, first)
    }
    return await uploadObject(bucket, write, fill, false)
  } finally {
    await parts.return()
  }
}

/** As one buffer, into which each chunk goes as it comes: whoever hands them over can let go of them. */
async function joined(body: AsyncIterable<Uint8Array>, bytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let all = Buffer.allocUnsafe(bytes)
  let used = 0
  for await (const chunk of body) {
    signal?.throwIfAborted()
    // There were more than was said.
    if (used + chunk.length > all.length) all = Buffer.concat([all.subarray(0, used)], used + chunk.length)
    all.set(chunk, used)
    used += chunk.length
  }
  return all.subarray(0, used)
}

/** Writes one object in one request. */
export async function putBytes(bucket: Bucket, write: Write, bytes: Uint8Array): Promise<ObjectInfo> {
  const { key, options } = write
  const { signal, condition } = options
  const action = { side: 'write' as const, key, ...expectedBy(options) }
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await bucket.ask(action, signal, ({ sdk, client }, send) =>
        client.send(
          sliced(
            new sdk.PutObjectCommand({
              ...bucket.address(key),
              Body: bytes,
              ...objectInput(bucket.settings, write),
              ...conditionInput(bucket, condition),
            }),
            client,
          ),
          send,
        ),
      )
      return { key, bytes: bytes.length, etag: plainEtag(answer.ETag ?? ''), modifiedAtMs: bucket.now() }
    } catch (error) {
      const found = await whatBecameOf(bucket, write, error, attempt)
      if (found !== 'again') return infoOf(found)
    }
  }
}

/** Sends parts as they come. A part is filled only when one of the buffers is free, so no more than `atOnce` are held. */
async function fillFrom(upload: Upload, parts: AsyncGenerator<Part, void>, atOnce: number, first?: Part): Promise<Filled> {
  const slots = gate(atOnce)
  const sent: CompletedPart[] = []
  const running: Promise<void>[] = []
  let failure: { readonly error: unknown } | undefined
  let bytes = 0
  const fail = (error: unknown) => {
    failure ??= { error }
    upload.stop(error)
  }
  const send = async (number: number, part: Part) => {
    try {
      sent[number - 1] = await upload.send(number, part.bytes)
      part.free()
    } catch (error) {
      fail(error)
    } finally {
      slots.leave()
    }
  }

  try {
    for (let number = 1; ; number++) {
      await slots.enter()
      if (failure) break
      const part = number === 1 && first ? first : await nextOf(parts)
      bytes += part.bytes.length
      running.push(send(number, part))
      if (part.last) break
    }
  } catch (error) {
    fail(error)
  }
  await Promise.all(running)
  if (failure) throw failure.error
  return { parts: sent, bytes }
}

/** There is always a last part. */
async function nextOf(parts: AsyncGenerator<Part, void>): Promise<Part> {
  const next = await parts.next()
  if (next.done) throw new Error('a stream of parts ended without its last one')
  return next.value
}
