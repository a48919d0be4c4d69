import { mkdir, open, realpath, rmdir, stat } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { SinkError } from '@millrace/etl-core'
import { systemCode } from './errors.js'
import type { FolderPlace } from './read.js'

/** There is nothing to wait for then: the folder is gone, or the system or file system has no durable folders. */
const cannotSync = new Set(['ENOENT', 'EINVAL', 'EPERM', 'EISDIR', 'EBADF', 'ENOTSUP', 'EACCES'])

/** Waits until the names in a folder are durable. A folder that is gone has none. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!cannotSync.has(systemCode(error) ?? '')) throw error
  }
}

/**
 * Makes a folder and those above it, durably. A symbolic link that leads out of the place is not followed: what lies behind it belongs
 * to someone else.
 */
export async function makeFolder(at: FolderPlace, path: string): Promise<void> {
  await refuseOutside(at, path, await realRoot(at.root))
  await makeDurably(path)
}

/** Refuses to change anything in a folder that lies outside the place, behind a symbolic link. */
export async function refuseOutside({ root, place }: FolderPlace, path: string, realRoot?: string): Promise<void> {
  const inside = realRoot ?? (await realpath(root))
  const existing = await nearestExisting(path)
  if (existing !== inside && !existing.startsWith(inside.endsWith(sep) ? inside : `${inside}${sep}`)) {
    throw new SinkError(
      'ETL_SINK_DENIED',
      `A symbolic link in ${place} leads out of it to ${existing}. Nothing is written there.`,
      {
        context: { place, path },
      },
    )
  }
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    await makeDurably(root)
    return realpath(root)
  }
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return await realpath(at)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || dirname(at) === at) throw error
    }
  }
}

async function makeDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true }).catch(async error => {
    throw (await whyNotMade(path, error)) ?? error
  })
  if (first === undefined) return
  for (let at = dirname(path); at.length >= dirname(first).length; at = dirname(at)) {
    await syncFolder(at)
    if (dirname(at) === at) return
  }
}

/**
 * Where the file system is read-only, Node's recursive way answers ENOENT, as if a folder had vanished: it looks whether the folder is there
 * after all, and tells how that failed. Making the topmost missing one alone tells the reason; `undefined` if there is none any more.
 */
async function whyNotMade(path: string, error: unknown): Promise<unknown> {
  if (systemCode(error) !== 'ENOENT') return undefined
  let missing = path
  while (dirname(missing) !== missing && !(await isThere(dirname(missing)))) missing = dirname(missing)
  const why: unknown = await mkdir(missing).catch(reason => reason)
  return systemCode(why) === 'EEXIST' ? undefined : why
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Removes folders that hold nothing any more, and those above them; never the place itself. */
export async function removeEmptyFolders(root: string, paths: Iterable<string>): Promise<void> {
  const touched = new Set<string>()
  for (const path of paths) {
    let at = path
    while (at !== root && at.startsWith(root) && (await removeIfEmpty(at))) {
      touched.delete(at)
      at = dirname(at)
    }
    touched.add(at)
  }
  for (const path of touched) await syncFolder(path)
}

async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path)
    return true
  } catch (error) {
    // Gone already counts: the folder above may be empty now. A writer that needs one of them makes it again.
    return systemCode(error) === 'ENOENT'
  }
}
