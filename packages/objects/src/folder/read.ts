import { type FileHandle, open, stat } from 'node:fs/promises'
import { objectConflict, objectNotFound } from '../errors.js'
import type { GetOptions, ObjectBody, ObjectInfo } from '../store.js'
import { saysNoFile } from './errors.js'
import { etagOf, infoOf, pathOf } from './paths.js'

/** A file of up to so many bytes is read at once. */
const smallBytes = 64 * 1024
/** What is read at a time: each call is a way to another thread and back, which costs more than to read 64 KiB. */
const chunkBytes = 256 * 1024

/** A folder as its readers see it. */
export interface FolderPlace {
  readonly root: string
  readonly place: string
}

/** What is known of a file; `undefined` if there is none, or a folder. */
export async function headFile({ root }: FolderPlace, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stats = await stat(pathOf(root, key), { bigint: true })
    return stats.isFile() ? infoOf(key, stats) : undefined
  } catch (error) {
    if (saysNoFile(error)) return undefined
    throw error
  }
}

/** Opens a file. A file that is replaced meanwhile stays readable as it was: the open handle keeps it. */
export async function openFile({ root, place }: FolderPlace, key: string, options: GetOptions): Promise<ObjectBody> {
  const { range, ifMatch, signal, reuseChunks = false } = options
  const handle = await open(pathOf(root, key), 'r')
  try {
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) throw objectNotFound('read', place, key)
    const info = infoOf(key, stats)
    if (ifMatch !== undefined && info.etag !== ifMatch) throw objectConflict('read', place, key, ifMatch, info)
    const end = Math.min(range?.end ?? info.bytes, info.bytes)
    const unchanged = async () => {
      if (ifMatch === undefined) return
      // Not by us, who only ever replace files: someone wrote into this one.
      const etag = etagOf(await handle.stat({ bigint: true }))
      if (etag !== ifMatch) throw objectConflict('read', place, key, ifMatch, { etag })
    }
    const start = range?.start ?? 0
    // Small files are read at once: nothing stays open for a body that nobody reads.
    if (end - start <= smallBytes) return { info, body: ofChunks(await readSmall(handle, start, end, unchanged)) }
    return { info, body: fileBody(handle, { start, end, reuseChunks, signal }, unchanged) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function readSmall(
  handle: FileHandle,
  start: number,
  end: number,
  unchanged: () => Promise<void>,
): Promise<readonly Uint8Array[]> {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - start))
  let read = 0
  for (let last = 1; read < bytes.length && last > 0; read += last) {
    last = (await handle.read(bytes, read, bytes.length - read, start + read)).bytesRead
  }
  await unchanged()
  await handle.close()
  return read === 0 ? [] : [bytes.subarray(0, read)]
}

async function* ofChunks(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

interface Reading {
  readonly signal: AbortSignal | undefined
  readonly start: number
  readonly end: number
  readonly reuseChunks: boolean
}

/** The bytes from `start` to `end`. Written out, because a generator that was never begun does not close its file when it is left. */
function fileBody(
  handle: FileHandle,
  { start, end, reuseChunks, signal }: Reading,
  unchanged: () => Promise<void>,
): AsyncIterableIterator<Uint8Array> {
  let at = start
  let memory = Buffer.alloc(0)
  const room = () => {
    const bytes = Math.max(0, Math.min(chunkBytes, end - at))
    if (!reuseChunks) return Buffer.allocUnsafe(bytes)
    if (memory.length === 0) memory = Buffer.allocUnsafe(bytes)
    return memory.subarray(0, bytes)
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= handle.close()
    return closing
  }
  const finished = { done: true, value: undefined } as const
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (closing) return finished
      try {
        signal?.throwIfAborted()
        const chunk = room()
        const { bytesRead } = chunk.length === 0 ? { bytesRead: 0 } : await handle.read(chunk, 0, chunk.length, at)
        if (bytesRead > 0) {
          at += bytesRead
          return { done: false, value: bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead) }
        }
        await unchanged()
      } catch (error) {
        await close()
        throw error
      }
      await close()
      return finished
    },
    async return() {
      await close()
      return finished
    },
  }
}
