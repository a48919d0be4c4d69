import type { CompletedPart } from '@aws-sdk/client-s3'
import { isEtlError } from '@millrace/etl-core'
import { asWriting, type ObjectInfo, type ObjectPiece, objectConflict, objectNotFound, type PutOptions } from '@millrace/objects'
import type { Bucket } from './bucket.js'
import { type Gate, gate } from './gate.js'
import { type PlannedPart, planAssembly, type SizedPiece, type Stretch, sizeOf } from './plan-assembly.js'
import { putBytes } from './put.js'
import { getObject } from './read.js'
import { type Filled, type Upload, uploadObject } from './upload.js'
import { newWrite } from './write-attempt.js'

/** Requests that hold no bytes here: looks and copies. */
const lightAtOnce = 8

/**
 * One object of pieces: copied inside S3 where they are large enough, read and sent again where not. A result of up to one part is written
 * in one request.
 */
export async function assembleObject(
  bucket: Bucket,
  key: string,
  pieces: readonly ObjectPiece[],
  options: PutOptions,
): Promise<ObjectInfo> {
  const { partBytes, partsInFlight } = bucket.settings
  const { signal } = options
  bucket.keyOf(key)
  const sized = await sizedPieces(bucket, pieces, signal)
  const bytes = sized.reduce((sum, piece) => sum + sizeOf(piece), 0)
  const write = newWrite(key, options)
  if (bytes <= partBytes) return putBytes(bucket, write, await gathered(bucket, sized.map(wholeOf), bytes, signal))
  const parts = planAssembly(sized, partBytes)
  return uploadObject(bucket, write, upload => fillWith(bucket, upload, parts, bytes, partsInFlight), true)
}

async function sizedPieces(
  bucket: Bucket,
  pieces: readonly ObjectPiece[],
  signal: AbortSignal | undefined,
): Promise<SizedPiece[]> {
  signal?.throwIfAborted()
  const light = gate(lightAtOnce)
  const looks = pieces.map(async (piece): Promise<SizedPiece> => {
    if ('bytes' in piece) return piece
    const { key } = piece
    const found = await inside(light, () => bucket.head(key, { signal, side: 'write' }))
    if (!found) throw objectNotFound('write', bucket.settings.place, key)
    return { key, etag: found.etag, size: found.bytes }
  })
  await Promise.allSettled(looks)
  return Promise.all(looks)
}

async function fillWith(
  bucket: Bucket,
  upload: Upload,
  planned: readonly PlannedPart[],
  bytes: number,
  atOnce: number,
): Promise<Filled> {
  const { signal } = upload
  const [light, heavy] = [gate(lightAtOnce), gate(atOnce)]
  const make = (part: PlannedPart, number: number): Promise<CompletedPart> => {
    if ('copy' in part) return inside(light, () => copied(bucket, upload, number, part.copy))
    return inside(heavy, async () => upload.send(number, await gathered(bucket, part.gather, part.size, signal)))
  }
  const all = planned.map(async (part, index) => {
    try {
      return await make(part, index + 1)
    } catch (error) {
      upload.stop(error)
      // The first that failed, not those that ended because of it.
      throw signal.reason
    }
  })
  await Promise.allSettled(all)
  return { parts: await Promise.all(all), bytes }
}

async function copied(bucket: Bucket, upload: Upload, number: number, from: Extract<PlannedPart, { copy: unknown }>['copy']) {
  try {
    return await upload.copy(number, from)
  } catch (error) {
    if (!isEtlError(error, 'ETL_OBJECT_CONFLICT')) throw error
    const found = await bucket.head(from.key, { signal: upload.signal, side: 'write' })
    if (found?.etag === from.etag && bucket.leaveQuotesOut()) return upload.copy(number, from)
    throw objectConflict('write', bucket.settings.place, from.key, from.etag, { etag: found?.etag })
  }
}

/** Stretches of objects and bytes as one buffer. */
async function gathered(
  bucket: Bucket,
  stretches: readonly Stretch[],
  bytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const all = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const stretch of stretches) {
    signal?.throwIfAborted()
    if ('bytes' in stretch) {
      all.set(stretch.bytes, at)
      at += stretch.bytes.length
      continue
    }
    const { key, etag, start, end } = stretch
    try {
      const { body } = await getObject(bucket, key, { range: { start, end }, ifMatch: etag, ...(signal ? { signal } : {}) })
      for await (const chunk of body) {
        all.set(chunk, at)
        at += chunk.length
      }
    } catch (error) {
      // A piece that cannot be read is an object that cannot be written.
      throw asWriting(error)
    }
  }
  return all
}

const wholeOf = (piece: SizedPiece): Stretch =>
  'bytes' in piece ? piece : { key: piece.key, etag: piece.etag, start: 0, end: piece.size, size: piece.size }

async function inside<R>(through: Gate, act: () => Promise<R>): Promise<R> {
  await through.enter()
  try {
    return await act()
  } finally {
    through.leave()
  }
}
