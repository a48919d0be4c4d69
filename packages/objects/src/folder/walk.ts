import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compareKeys, keyProblem } from '../keys.js'
import type { ObjectInfo } from '../store.js'
import { saysNoFile } from './errors.js'
import { infoOf, tempFolder } from './paths.js'

/** Files looked at together: more than the four threads that do it would gain nothing. */
const statsAtOnce = 16

/** All files whose key begins with `prefix`, in the order object stores list: a folder sorts as its name with a slash. */
export async function* walk(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo> {
  const cut = prefix.lastIndexOf('/') + 1
  const folder = prefix.slice(0, cut)
  if (folder !== '' && keyProblem(folder.slice(0, -1)) !== undefined) return
  yield* walkFolder(root, folder, prefix.slice(cut), signal)
}

async function* walkFolder(root: string, folder: string, begin: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo> {
  signal?.throwIfAborted()
  const names = (await entriesOf(join(root, folder)))
    .filter(entry => entry.name.startsWith(begin))
    .map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort(compareKeys)
  for (let at = 0; at < names.length; ) {
    const name = names[at] as string
    if (name.endsWith('/')) {
      at++
      if (`${folder}${name}` !== `${tempFolder}/`) yield* walkFolder(root, `${folder}${name}`, '', signal)
      continue
    }
    let end = at + 1
    while (end < names.length && end - at < statsAtOnce && !names[end]?.endsWith('/')) end++
    const infos = await Promise.all(names.slice(at, end).map(file => infoAt(root, `${folder}${file}`)))
    yield* infos.filter(info => info !== undefined)
    at = end
  }
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    // Never made, or gone since it was seen: nothing is there.
    if (saysNoFile(error)) return []
    throw error
  }
}

/** A linked file counts as the file it leads to; linked folders, sockets and the like are passed over. */
async function infoAt(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stats = await stat(join(root, key), { bigint: true })
    return stats.isFile() ? infoOf(key, stats) : undefined
  } catch (error) {
    if (saysNoFile(error)) return undefined
    throw error
  }
}
