import { lstat, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { GetOptions, ObjectInfo, ObjectStore, PutOptions } from '../store.js'
import { type FileAction, fileError, saysNoFile } from './errors.js'
import { refuseOutside, removeEmptyFolders } from './folders.js'
import { pathOf } from './paths.js'
import { type FolderPlace, headFile, openFile } from './read.js'
import { sweepTempFiles, thisWriter, type Writer } from './temp-files.js'
import { walk } from './walk.js'
import { type Content, writeFile } from './write.js'

/** How a folder store is called in reports. */
export interface FolderStoreOptions {
  /** Default: `file:` and the path as given. */
  readonly place?: string
}

/**
 * Objects as the files of a folder, on a local disk or a network share with hard links.
 *
 * A write goes to `_millrace/tmp/` first (made when needed, never listed), is fsynced, and gets its name in one step: `rename` to replace,
 * `link` where nothing may be there yet, so create-only is atomic between processes and hosts. Folders are made as needed, fsynced, and
 * removed with their last object. Replacing an unchanged object compares and renames without giving way within this process; another
 * process has microseconds to come between (`replaceIfUnchanged: 'checked'`).
 *
 * An etag is made of size, time of writing and file number: a copy of the folder has other etags. Files someone else puts there are
 * objects too; linked files are read, linked folders are not listed, and nothing is written through a link that leads out of the folder.
 * Media types and metadata are not kept.
 *
 * What a process that died left in `_millrace/tmp/` is removed by the next writer. A path's first use decides what it is relative to.
 *
 * @throws While reading `ETL_OBJECT_NOT_FOUND`, `ETL_OBJECT_CONFLICT`, `ETL_SOURCE_DENIED`, `ETL_SOURCE_UNAVAILABLE`; while writing
 * `ETL_OBJECT_CONFLICT`, `ETL_SINK_DENIED` (no permission, read-only, a file where a folder is needed or the other way round, a name too
 * long, no hard links), `ETL_SINK_FULL`, `ETL_SINK_UNAVAILABLE`. The context holds place, key and the system's code.
 * @example
 * const store = folderStore('./out')
 * await store.put('2025/a.csv', new TextEncoder().encode('id\n1\n'), { condition: 'absent' })
 */
export function folderStore(path: string, options: FolderStoreOptions = {}): ObjectStore {
  const shown = options.place ?? `file:${path}`
  let root: string | undefined
  let writer: Promise<Writer> | undefined
  const at = (): FolderPlace => {
    root ??= resolve(path)
    return { root, place: shown }
  }
  const ready = async () => {
    const place = at()
    writer ??= thisWriter().then(async me => {
      await sweepTempFiles(place.root, me, Date.now())
      return me
    })
    return { ...place, writer: await writer }
  }
  const write = (key: string, content: Content, put: PutOptions): Promise<ObjectInfo> =>
    translated({ side: 'write', place: shown, key }, async () => {
      put.signal?.throwIfAborted()
      pathOf(at().root, key)
      return writeFile(await ready(), key, content, put)
    })

  return {
    place: shown,
    capabilities: { replaceIfUnchanged: 'checked' },
    async get(key, get: GetOptions = {}) {
      const action: FileAction = { side: 'read', place: shown, key }
      const opened = await translated(action, async () => {
        get.signal?.throwIfAborted()
        return openFile(at(), key, get)
      })
      return { ...opened, body: translatedBody(action, opened.body) }
    },
    head: (key, call) =>
      translated({ side: 'read', place: shown, key }, async () => {
        call?.signal?.throwIfAborted()
        return headFile(at(), key)
      }),
    put: (key, body, put = {}) => write(key, { body }, put),
    assemble: (key, pieces, put = {}) => write(key, { pieces }, put),
    list: (prefix, call) => translatedBody({ side: 'read', place: shown, key: prefix }, walk(at().root, prefix, call?.signal)),
    async delete(keys, call) {
      const folders = new Set<string>()
      for (const key of keys) {
        await translated({ side: 'write', place: shown, key }, async () => {
          call?.signal?.throwIfAborted()
          const target = pathOf(at().root, key)
          if (await removeFile(at(), target)) folders.add(dirname(target))
        })
      }
      if (folders.size === 0) return
      const { root } = at()
      await translated({ side: 'write', place: shown, key: '' }, () => removeEmptyFolders(root, folders))
    },
  }
}

/** Removes a file; false if there was none. */
async function removeFile(place: FolderPlace, target: string): Promise<boolean> {
  try {
    // macOS says EPERM for a folder, which is no object; so it is looked at first.
    if ((await lstat(target)).isDirectory()) return false
    await refuseOutside(place, dirname(target))
    await unlink(target)
    return true
  } catch (error) {
    if (saysNoFile(error)) return false
    throw error
  }
}

async function translated<R>(action: FileAction, act: () => Promise<R>): Promise<R> {
  try {
    return await act()
  } catch (error) {
    throw fileError(error, action)
  }
}

/** The same values; an error of the file system comes out as ours. Keeps `return`, so that leaving the loop early closes the file. */
function translatedBody<V>(action: FileAction, values: AsyncIterable<V>): AsyncIterableIterator<V> {
  const inner = values[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => translated(action, () => inner.next()),
    return: async () => {
      await inner.return?.()
      return { done: true, value: undefined }
    },
  }
}
