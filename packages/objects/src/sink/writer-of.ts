import type { RunContext } from '@millrace/etl-core'
import type { ObjectInfo, ObjectStore } from '../store.js'
import { readManifest } from './manifest.js'
import { manifestKeyOf, segmentOf } from './names.js'
import { ownerOf } from './owners.js'

/** Who wrote a published object, as far as can be told. */
export interface ObjectWriter {
  readonly pipeline?: string
  readonly group?: string
  readonly loadId: string
}

/** What published objects say of themselves, where the store keeps metadata: `loadId`, `pipeline`, `group`. */
export function publishedMetadata({ pipeline, load }: RunContext, group: string): Readonly<Record<string, string>> {
  return { loadId: shortText(load.loadId), pipeline, group: shortText(group) }
}

/** Stores have room for some 2 KB of metadata: what is longer, or no plain text, is named as its staging is. */
const shortText = (text: string) => (/^[\x20-\x7e]{1,200}$/.test(text) ? text : segmentOf(text))

/**
 * Who wrote the version that lies at a key: by its own metadata, or by the manifest of the group that claimed the key if that names this
 * very version. `undefined` if neither tells; what is only likely is not said.
 */
export async function writerOf(store: ObjectStore, now: ObjectInfo, signal: AbortSignal): Promise<ObjectWriter | undefined> {
  const { loadid: loadId, pipeline, group } = now.metadata ?? {}
  if (loadId !== undefined)
    return { ...(pipeline === undefined ? {} : { pipeline }), ...(group === undefined ? {} : { group }), loadId }
  try {
    const owner = await ownerOf(store, now.key, signal)
    const manifest = owner && (await readManifest(store, manifestKeyOf(owner), signal))?.manifest
    const names = manifest?.objects.some(({ key, etag }) => key === now.key && etag === now.etag)
    return owner && manifest && names ? { ...owner, loadId: manifest.loadId } : undefined
  } catch {
    // The conflict is what matters, and not a second error on the way to its details.
    return undefined
  }
}

/** A writer for people: `load 2026… of group "a" of pipeline "rows"`. */
export function writerText({ loadId, group, pipeline }: ObjectWriter): string {
  return [
    `load ${loadId}`,
    ...(group === undefined ? [] : [`of group "${group}"`]),
    ...(pipeline === undefined ? [] : [`of pipeline "${pipeline}"`]),
  ].join(' ')
}
