import { constants, renameSync, statSync } from 'node:fs'
import { copyFile, type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { objectConflict, objectNotFound } from '../errors.js'
import type { ObjectInfo, ObjectPiece, PutCondition, PutOptions } from '../store.js'
import { saysNoFile, systemCode } from './errors.js'
import { makeFolder, syncFolder } from './folders.js'
import { etagOf, infoOf, pathOf, tempFolderIn } from './paths.js'
import { type FolderPlace, headFile, openFile } from './read.js'
import { tempName, type Writer } from './temp-files.js'

/** Someone may remove an empty folder between its making and its use; so many such meetings in a row are no chance any more. */
const folderAttempts = 20

/** What is to be written: bytes, or pieces that lie in the folder already. */
export type Content = { readonly body: Uint8Array | AsyncIterable<Uint8Array> } | { readonly pieces: readonly ObjectPiece[] }

/** A place that is written to. */
export interface WritablePlace extends FolderPlace {
  readonly writer: Writer
}

/** Writes a temporary file, makes it durable, and gives it its name in one step. */
export async function writeFile(place: WritablePlace, key: string, content: Content, options: PutOptions): Promise<ObjectInfo> {
  const { signal, condition } = options
  const target = pathOf(place.root, key)
  // Looked at before the work as well as in the end: most conflicts are old.
  if (condition !== undefined) expect(place, key, condition, (await headFile(place, key))?.etag)
  const temp = join(tempFolderIn(place.root), tempName(place.writer))
  try {
    const info = await writeTemp(place, temp, key, content, signal)
    signal?.throwIfAborted()
    await withFolder(place, dirname(target), () => giveName(place, temp, target, key, condition))
    await syncFolder(dirname(target))
    return info
  } catch (error) {
    await unlink(temp).catch(() => undefined)
    throw error
  }
}

function expect({ place }: FolderPlace, key: string, condition: PutCondition, found: string | undefined): void {
  const expected = condition === 'absent' ? undefined : condition.etag
  if (found !== expected) throw objectConflict('write', place, key, expected ?? 'absent', { etag: found })
}

/** Acts in a folder, and makes it first where it is missing. */
async function withFolder<R>(place: FolderPlace, folder: string, act: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      await makeFolder(place, folder)
      return await act()
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || attempt >= folderAttempts) throw error
    }
  }
}

async function writeTemp(
  place: WritablePlace,
  temp: string,
  key: string,
  content: Content,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const pieces = 'pieces' in content ? [...content.pieces] : undefined
  const [first] = pieces ?? []
  // The system copies a first piece itself, without moving a byte where the file system shares blocks between files.
  const copied = first !== undefined && 'key' in first
  if (copied) {
    const source = await existing(place, first.key)
    await withFolder(place, dirname(temp), () => copyFile(source, temp, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL))
    pieces?.shift()
  }
  const handle = await withFolder(place, dirname(temp), () => open(temp, copied ? 'a' : 'wx'))
  try {
    if (pieces) await writePieces(place, handle, pieces, signal)
    else if ('body' in content) await writeBody(handle, content.body, signal)
    const nowSeconds = (performance.timeOrigin + performance.now()) / 1000
    await handle.utimes(nowSeconds, nowSeconds)
    await handle.sync()
    return infoOf(key, await handle.stat({ bigint: true }))
  } finally {
    await handle.close()
  }
}

async function existing(place: FolderPlace, key: string): Promise<string> {
  if (!(await headFile(place, key))) throw objectNotFound('write', place.place, key)
  return pathOf(place.root, key)
}

async function writePieces(
  place: FolderPlace,
  handle: FileHandle,
  pieces: readonly ObjectPiece[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const piece of pieces) {
    if ('bytes' in piece) {
      await writeAll(handle, piece.bytes)
      continue
    }
    const { body } = await openFile(place, piece.key, { reuseChunks: true }).catch(error => {
      throw saysNoFile(error) ? objectNotFound('write', place.place, piece.key, error) : error
    })
    for await (const chunk of body) {
      signal?.throwIfAborted()
      await writeAll(handle, chunk)
    }
  }
}

async function writeBody(
  handle: FileHandle,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  if (body instanceof Uint8Array) return writeAll(handle, body)
  let waiting: Uint8Array[] = []
  let bytes = 0
  const write = async () => {
    signal?.throwIfAborted()
    await writeTogether(handle, waiting)
    waiting = []
    bytes = 0
  }
  for await (const chunk of body) {
    waiting.push(chunk)
    bytes += chunk.length
    if (bytes >= togetherBytes || waiting.length >= togetherChunks) await write()
  }
  await write()
}

/** Chunks go out together: each call is a way to another thread and back. A system call takes 1,024 of them on Linux. */
const togetherBytes = 1024 * 1024
const togetherChunks = 512

async function writeTogether(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return
  let { bytesWritten: written } = await handle.writev(chunks)
  for (const chunk of chunks) {
    if (written < chunk.length) await writeAll(handle, chunk.subarray(written))
    written = Math.max(0, written - chunk.length)
  }
}

/** A write may take less than it was given: near a full disk, or over 2 GiB. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}

async function giveName(
  place: FolderPlace,
  temp: string,
  target: string,
  key: string,
  condition: PutCondition | undefined,
): Promise<void> {
  if (condition === undefined) return rename(temp, target)
  if (condition === 'absent') return createOnly(place, temp, target, key)
  // Nothing of this process comes between the two calls. Another process could, within microseconds: hence `checked`.
  expect(place, key, condition, etagNow(target))
  renameSync(temp, target)
}

function etagNow(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats?.isFile() ? etagOf(stats) : undefined
}

/** A hard link is made only where nothing is, whatever other processes do. */
async function createOnly({ place }: FolderPlace, temp: string, target: string, key: string): Promise<void> {
  try {
    await link(temp, target)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    const found = await lstat(target, { bigint: true })
    if (found.isDirectory()) throw Object.assign(new Error('EISDIR: a folder lies there'), { code: 'EISDIR', cause: error })
    // A network file system may have done it and lost its answer: then it is our own file.
    const ours = await lstat(temp, { bigint: true })
    if (found.ino !== ours.ino || found.dev !== ours.dev)
      throw objectConflict('write', place, key, 'absent', { etag: etagOf(found) })
  }
  await unlink(temp)
}
