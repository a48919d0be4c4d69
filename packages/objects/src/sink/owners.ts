import { ConfigError, hashOf, isEtlError } from '@millrace/etl-core'
import { readObject } from '../bytes.js'
import type { ObjectStore } from '../store.js'
import { readManifest } from './manifest.js'
import { type KeyOwner, manifestKeyOf } from './names.js'
import { ownFolder } from './template.js'

interface OwnerDoc extends KeyOwner {
  readonly format: 1
  /** For people: the document's name is a hash of it. */
  readonly key: string
}

const ownerKeyOf = (key: string): string => `${ownFolder}/owners/${hashOf(key, 32)}.json`

/** A group that publishes, and the load it does so in. */
export interface Claimant extends KeyOwner {
  readonly loadId: string
}

/**
 * Refuses keys that another group, or another pipeline at this place, publishes to: the two would replace each other's objects in turns.
 * Another sink of the same flow is refused if it published there in this very load: flows change, and what an earlier load wrote under
 * another name (before there was a `tee`, or when a step stood elsewhere) is the group's own. Reads only.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` naming both, and what to do.
 */
export async function refuseOwned(store: ObjectStore, me: Claimant, keys: readonly string[], signal: AbortSignal): Promise<void> {
  await Promise.all(keys.map(key => otherOwner(store, me, key, signal)))
}

/**
 * Makes keys this group's, before it writes there. Of two that want a free key one gets it. An owner that does not hold its key any more
 * is replaced: one whose manifest is gone or names other keys, and one whose object is gone.
 *
 * @throws As {@link refuseOwned}.
 */
export async function claimKeys(store: ObjectStore, me: Claimant, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (const key of keys) {
    for (;;) {
      const found = await otherOwner(store, me, key, signal)
      if (found === 'mine') break
      const { pipeline, group, part } = me
      const doc: OwnerDoc = { format: 1, key, pipeline, group, part }
      const body = new TextEncoder().encode(`${JSON.stringify(doc)}\n`)
      try {
        await store.put(ownerKeyOf(key), body, { condition: found, contentType: 'application/json', signal })
        break
      } catch (error) {
        // Someone else was there first, or an answer was lost and it was us: that is looked at again.
        if (!isEtlError(error, 'ETL_OBJECT_CONFLICT') && !isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
      }
    }
  }
}

/** Gives up keys that this group does not publish to any more: dated paths would leave an owner behind with every load. */
export async function releaseKeys(store: ObjectStore, me: KeyOwner, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (const key of keys) {
    const found = await readOwner(store, key, signal)
    if (found?.owner && same(found.owner, me)) await store.delete([ownerKeyOf(key)], { signal })
  }
}

/** Who has claimed a key; `undefined` for nobody. */
export async function ownerOf(store: ObjectStore, key: string, signal: AbortSignal): Promise<KeyOwner | undefined> {
  return (await readOwner(store, key, signal))?.owner
}

/** The condition under which a key may be claimed, or that it is this group's already. Throws if another one holds it. */
async function otherOwner(
  store: ObjectStore,
  me: Claimant,
  key: string,
  signal: AbortSignal,
): Promise<'mine' | 'absent' | { readonly etag: string }> {
  const found = await readOwner(store, key, signal)
  if (!found) return 'absent'
  if (found.owner && same(found.owner, me)) return 'mine'
  if (found.owner && (await holds(store, found.owner, me, key, signal))) throw owned(store, key, found.owner, me)
  return { etag: found.etag }
}

/** Whether an owner's newest manifest names the key, and its object is there. */
async function holds(store: ObjectStore, owner: KeyOwner, me: Claimant, key: string, signal: AbortSignal): Promise<boolean> {
  const manifest = (await readManifest(store, manifestKeyOf(owner), signal))?.manifest
  if (manifest?.group !== owner.group || !manifest.objects.some(object => object.key === key)) return false
  const ofOneFlow = owner.pipeline === me.pipeline && owner.group === me.group
  if (ofOneFlow && manifest.loadId !== me.loadId) return false
  return (await store.head(key, { signal })) !== undefined
}

async function readOwner(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<{ readonly owner: KeyOwner | undefined; readonly etag: string } | undefined> {
  try {
    const { bytes, etag } = await readObject(store, ownerKeyOf(key), { signal })
    return { owner: parse(bytes, key), etag }
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return undefined
    throw error
  }
}

/** `undefined` for a document that is damaged: nobody's. */
function parse(bytes: Uint8Array, key: string): KeyOwner | undefined {
  try {
    const { format, key: of, pipeline, group, part } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<OwnerDoc>
    return format === 1 && of === key && typeof pipeline === 'string' && typeof group === 'string'
      ? { pipeline, group, part }
      : undefined
  } catch {
    return undefined
  }
}

const same = (a: KeyOwner, b: KeyOwner) => a.pipeline === b.pipeline && a.group === b.group && a.part === b.part

function owned({ place }: ObjectStore, key: string, owner: KeyOwner, me: KeyOwner): ConfigError {
  const advice =
    owner.pipeline === me.pipeline && owner.group === me.group
      ? 'Two sinks of one flow write there: give each a path of its own.'
      : owner.pipeline === me.pipeline
        ? 'Put {group}, or a label that tells them apart, into the path.'
        : 'Give this pipeline a path or a place of its own.'
  return new ConfigError(
    'ETL_CONFIG_INVALID',
    `"${key}" in ${place} is what group "${owner.group}" of pipeline "${owner.pipeline}" is published to, and group "${me.group}" of ` +
      `pipeline "${me.pipeline}" would replace it. ${advice} If "${owner.group}" is not loaded any more, remove ` +
      `"${manifestKeyOf(owner)}" there: then the path is free.`,
    { context: { key, place, group: me.group, pipeline: me.pipeline, owner: { pipeline: owner.pipeline, group: owner.group } } },
  )
}
