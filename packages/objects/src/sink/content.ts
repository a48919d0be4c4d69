import { createHash } from 'node:crypto'
import { type Format, SinkError } from '@millrace/etl-core'
import { joined } from '../bytes.js'
import type { GetOptions, ObjectInfo, ObjectPiece, ObjectStore, PutOptions } from '../store.js'
import { type Part, unitsIn } from './parts.js'

/** A staged part and the key it lies at. */
export type PlacedPart = Part & { readonly key: string }

/** What one published object is to hold. */
export interface Content {
  readonly bytes: number
  readonly sha256: string
  /** It is put together in the store, and not sent in one piece: a process that dies meanwhile may leave that unfinished. */
  readonly assembled: boolean
  read(): AsyncIterable<Uint8Array>
  write(key: string, options: PutOptions): Promise<ObjectInfo>
}

/** Up to here the parts are read once and held, instead of once per object: it is what a writer holds too. */
const heldBytes = 8 * 1024 * 1024

/**
 * Head, parts and tail as one object, with what stands between units at the borders of parts. All of it is read once, for its hash and to
 * find a damaged part before anything is visible.
 *
 * @throws SinkError `ETL_OBJECT_NOT_FOUND` or `ETL_STAGING_DAMAGED` when a part is gone or not as it was written.
 */
export async function contentOf<T>(
  store: ObjectStore,
  format: Format<T>,
  parts: readonly PlacedPart[],
  signal: AbortSignal,
): Promise<Content> {
  const { head, between, tail } = format.assemble(unitsIn(parts))
  const pieces: ObjectPiece[] = []
  const add = (bytes: Uint8Array) => {
    if (bytes.length > 0) pieces.push({ bytes })
  }
  add(head)
  for (const [at, part] of parts.entries()) {
    if (at > 0 && !part.inside) add(between)
    pieces.push({ key: part.key })
  }
  add(tail)

  const sizes = new Map(parts.map(part => [part.key, part.bytes]))
  const read = (reuseChunks = false) => readPieces(store, pieces, sizes, { signal, reuseChunks })
  const bytes = pieces.reduce((sum, piece) => sum + ('bytes' in piece ? piece.bytes.length : (sizes.get(piece.key) ?? 0)), 0)
  if (bytes <= heldBytes) {
    const whole = await joined(read())
    return {
      bytes,
      sha256: createHash('sha256').update(whole).digest('hex'),
      assembled: false,
      read: () => once(whole),
      write: (key, options) => store.put(key, whole, options),
    }
  }
  const sha256 = await sha256Of(read(true))
  return { bytes, sha256, assembled: true, read: () => read(), write: (key, options) => store.assemble(key, pieces, options) }
}

/** The SHA-256 of a stream, in hex. */
export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function* readPieces(
  store: ObjectStore,
  pieces: readonly ObjectPiece[],
  sizes: ReadonlyMap<string, number>,
  options: GetOptions,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if ('bytes' in piece) {
      yield piece.bytes
      continue
    }
    const { info, body } = await store.get(piece.key, options)
    if (info.bytes !== sizes.get(piece.key)) {
      await body[Symbol.asyncIterator]().return?.()
      throw damaged(store, info, sizes.get(piece.key))
    }
    yield* body
  }
}

function damaged({ place }: ObjectStore, { key, bytes }: ObjectInfo, expected: number | undefined): SinkError {
  return new SinkError(
    'ETL_STAGING_DAMAGED',
    `The staged part "${key}" in ${place} has ${bytes} bytes, and ${expected} were written. Nothing was published of its group; ` +
      'the next run loads it anew.',
    { context: { place, key, bytes, expected: expected ?? null } },
  )
}
