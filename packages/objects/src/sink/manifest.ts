import { isEtlError } from '@millrace/etl-core'
import { readObject } from '../bytes.js'
import type { ObjectStore } from '../store.js'
import { sha256Of } from './content.js'

/** Says which objects hold a group's newest published content, and which load made them. Written last. */
export interface Manifest {
  readonly format: 1
  readonly group: string
  readonly loadId: string
  /** When that load began, epoch milliseconds. */
  readonly publishedAtMs: number
  readonly records: number
  readonly splits: readonly { readonly split: string; readonly parts: number; readonly records: number }[]
  readonly objects: readonly ManifestObject[]
}

/** One object of a manifest. */
export interface ManifestObject {
  readonly key: string
  readonly bytes: number
  readonly etag: string
  readonly sha256: string
}

/** Writes a manifest, unless it is there already as it would be. */
export async function writeManifest(store: ObjectStore, key: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  const before = await readIfThere(store, key, signal)
  if (before && text.equals(before)) return
  await store.put(key, text, { contentType: 'application/json', signal })
}

/** A group's manifest; `undefined` if there is none that can be read. */
export async function readManifest(store: ObjectStore, key: string, signal: AbortSignal): Promise<Manifest | undefined> {
  const bytes = await readIfThere(store, key, signal)
  if (!bytes) return undefined
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest
    return manifest.format === 1 && Array.isArray(manifest.objects) ? manifest : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether an object still is what a manifest says. The same size and etag will do; where only the etag differs (the folder was copied, a
 * backup restored) the content is read.
 */
export async function stillThere(store: ObjectStore, object: ManifestObject, signal: AbortSignal): Promise<boolean> {
  const now = await store.head(object.key, { signal })
  if (!now || now.bytes !== object.bytes) return false
  if (now.etag === object.etag) return true
  try {
    return (await sha256Of((await store.get(object.key, { signal })).body)) === object.sha256
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return false
    throw error
  }
}

async function readIfThere(store: ObjectStore, key: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return (await readObject(store, key, { signal })).bytes
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return undefined
    throw error
  }
}
