import { isEtlError, type PublishedObject, SinkError } from '@millrace/etl-core'
import { sameBytes } from '../bytes.js'
import type { ObjectInfo, ObjectStore, PutOptions } from '../store.js'
import type { Content } from './content.js'
import { writerOf, writerText } from './writer-of.js'

/** What the load found at a key as it began: an etag, `null` for nothing, `undefined` if it did not look. */
export type Found = string | null | undefined

/** How an object is written. */
export type SettleOptions = Pick<PutOptions, 'contentType' | 'metadata'> & { readonly signal: AbortSignal }

/** An object that is now as it should be. */
export interface Settled {
  readonly info: ObjectInfo
  readonly change: PublishedObject['change']
}

/**
 * Makes one object visible, if what lies there is what the load found. What is there already with exactly this content stays as it is:
 * it did not change, or this very step was done before a crash.
 *
 * @throws SinkError `ETL_OBJECT_CONFLICT` if someone else wrote there since; who, as far as is known, is in the message and in `context.by`.
 */
export async function settleObject(
  store: ObjectStore,
  key: string,
  content: Content,
  found: Found,
  options: SettleOptions,
): Promise<Settled> {
  const { signal } = options
  const current = await store.head(key, { signal })
  if (current && (await holds(store, current, content, signal))) return { info: current, change: changeOf(current, found) }
  // What was removed meanwhile holds no newer data that could be lost.
  if (current && found !== undefined && current.etag !== found) throw await changedBySomeone(store, key, found, current, signal)
  try {
    const info = await content.write(key, { ...options, condition: current ? { etag: current.etag } : 'absent' })
    return { info, change: current ? 'replaced' : 'created' }
  } catch (error) {
    if (!isEtlError(error, 'ETL_OBJECT_CONFLICT')) throw error
    const now = await store.head(key, { signal })
    // A client that lost an answer asks again and is refused because of itself.
    if (now && (await holds(store, now, content, signal))) return { info: now, change: current ? 'replaced' : 'created' }
    throw await changedBySomeone(store, key, current?.etag ?? null, now, signal, error)
  }
}

function changeOf(current: ObjectInfo, found: Found): PublishedObject['change'] {
  if (found === undefined || current.etag === found) return 'same'
  return found === null ? 'created' : 'replaced'
}

async function holds(store: ObjectStore, info: ObjectInfo, content: Content, signal: AbortSignal): Promise<boolean> {
  if (info.bytes !== content.bytes) return false
  try {
    const { body } = await store.get(info.key, { ifMatch: info.etag, signal })
    return await sameBytes(body, content.read())
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND') || isEtlError(error, 'ETL_OBJECT_CONFLICT')) return false
    throw error
  }
}

async function changedBySomeone(
  store: ObjectStore,
  key: string,
  found: string | null,
  now: ObjectInfo | undefined,
  signal: AbortSignal,
  cause?: unknown,
): Promise<SinkError> {
  const by = now && (await writerOf(store, now, signal))
  return new SinkError(
    'ETL_OBJECT_CONFLICT',
    `"${key}" in ${store.place} was written by ${by ? writerText(by) : 'someone else'} while this load ran, and was left as it is. Run ` +
      'again to load its group anew; if another pipeline or program writes there too, give this one a path of its own.',
    {
      context: { place: store.place, key, found, now: now?.etag ?? null, ...(by ? { by: { ...by } } : {}) },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
