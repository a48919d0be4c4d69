import { isEtlError, SinkError } from '@millrace/etl-core'
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

/** What lay at a manifest's key before its group was published; `undefined` for nothing. */
export type ManifestBefore =
  | { readonly etag: string; readonly bytes: Uint8Array; readonly manifest: Manifest | undefined }
  | undefined

/** Looks at a manifest before its group is published: what is written then replaces that and nothing newer. */
export async function manifestBefore(store: ObjectStore, key: string, signal: AbortSignal): Promise<ManifestBefore> {
  const found = await readIfThere(store, key, signal)
  return found && { ...found, manifest: parse(found.bytes) }
}

/**
 * Writes a manifest in the place of the one that was there before, unless it is there already as it would be.
 *
 * @throws SinkError `ETL_OBJECT_CONFLICT` if another one was written since: this run slept and was succeeded, and what it would say of the
 * objects is no longer so. Who wrote it is in the message and in `context.by`.
 */
export async function writeManifest(
  store: ObjectStore,
  key: string,
  manifest: Manifest,
  before: ManifestBefore,
  signal: AbortSignal,
): Promise<void> {
  const text = textOf(manifest)
  for (let over = before; ; ) {
    if (over && text.equals(over.bytes)) return
    try {
      await store.put(key, text, { condition: over ? { etag: over.etag } : 'absent', contentType: 'application/json', signal })
      return
    } catch (error) {
      if (!isEtlError(error, 'ETL_OBJECT_CONFLICT') && !isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
      const now = await manifestBefore(store, key, signal)
      // Ours, of which the answer was lost, or of a run that does the same.
      if (now && text.equals(now.bytes)) return
      if (now) throw succeeded(store, key, manifest, now, error)
      // It was removed: nothing newer is there that could be lost.
      over = undefined
    }
  }
}

function succeeded(
  { place }: ObjectStore,
  key: string,
  mine: Manifest,
  now: NonNullable<ManifestBefore>,
  cause: unknown,
): SinkError {
  const { group } = mine
  const loadId = now.manifest?.loadId
  return new SinkError(
    'ETL_OBJECT_CONFLICT',
    `Group "${group}" in ${place} was published by ${loadId === undefined ? 'someone else' : `load ${loadId}`} while load ${mine.loadId} ` +
      'published it. Run again to load it anew.',
    { context: { place, key, group, found: now.etag, ...(loadId === undefined ? {} : { by: { group, loadId } }) }, cause },
  )
}

/** A group's manifest and the version it lies at; `undefined` if there is none that can be read. */
export async function readManifest(store: ObjectStore, key: string, signal: AbortSignal): Promise<ManifestRead | undefined> {
  const found = await readIfThere(store, key, signal)
  const manifest = found && parse(found.bytes)
  return manifest && { manifest, etag: found.etag }
}

function parse(bytes: Uint8Array): Manifest | undefined {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest
    return manifest.format === 1 && Array.isArray(manifest.objects) ? manifest : undefined
  } catch {
    return undefined
  }
}

/** A manifest as it was read. */
export interface ManifestRead {
  readonly manifest: Manifest
  /** The version it lies at. */
  readonly etag: string
}

/**
 * A manifest whose objects are still what it says, with the etags they have now; `undefined` if one is not. The same size and etag will
 * do; where only the etag differs (the folder was copied, a backup restored) the content is read.
 */
export async function stillThere(store: ObjectStore, manifest: Manifest, signal: AbortSignal): Promise<Manifest | undefined> {
  const objects: ManifestObject[] = []
  for (const object of manifest.objects) {
    const now = await store.head(object.key, { signal })
    if (!now || now.bytes !== object.bytes) return undefined
    if (now.etag !== object.etag && !(await holds(store, object, signal))) return undefined
    objects.push(now.etag === object.etag ? object : { ...object, etag: now.etag })
  }
  return objects.every((object, at) => object === manifest.objects[at]) ? manifest : { ...manifest, objects }
}

async function holds(store: ObjectStore, { key, sha256 }: ManifestObject, signal: AbortSignal): Promise<boolean> {
  try {
    return (await sha256Of((await store.get(key, { signal })).body)) === sha256
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return false
    throw error
  }
}

/** Puts a manifest in the place of the one that was read there, if that lies there still. */
export async function refreshManifest(
  store: ObjectStore,
  key: string,
  { manifest, etag }: ManifestRead,
  signal: AbortSignal,
): Promise<void> {
  try {
    await store.put(key, textOf(manifest), { condition: { etag }, contentType: 'application/json', signal })
  } catch (error) {
    // It was published anew, or removed: what was read of it counts no more.
    if (!isEtlError(error, 'ETL_OBJECT_CONFLICT') && !isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
  }
}

const textOf = (manifest: Manifest) => Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)

async function readIfThere(store: ObjectStore, key: string, signal: AbortSignal) {
  try {
    return await readObject(store, key, { signal })
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return undefined
    throw error
  }
}
