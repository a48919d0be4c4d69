import { randomBytes } from 'node:crypto'
import { ConfigError, type EtlError, isEtlError, type Json, StateError, type StateStore } from '@millrace/etl-core'
import { readObject } from '../bytes.js'
import type { ObjectStore } from '../store.js'

/** What an object of state holds. */
export interface Stored {
  /** Tells this save from every other, also of the same value: versions that are made of it never come again. */
  readonly nonce: string
  /** The version it replaced; `absent` for the first. */
  readonly after: string
  /** `undefined`: removed. */
  readonly value: Json | undefined
}

/** The length of a removal's text is a multiple of this, that of a document's never is: listings tell them apart by their sizes. */
const removalUnitBytes = 256

/** A document as text: one line, so that a person can read it and `grep` finds it. */
export function storedText(stored: Stored): Uint8Array {
  const { nonce, after, value } = stored
  const text = JSON.stringify(value === undefined ? { nonce, after, removed: true } : { nonce, after, value })
  const bytes = Buffer.byteLength(text) + 1
  const beyond = bytes % removalUnitBytes
  const padding = value === undefined ? (beyond === 0 ? 0 : removalUnitBytes - beyond) : beyond === 0 ? 1 : 0
  return new TextEncoder().encode(`${text}${' '.repeat(padding)}\n`)
}

/** Whether an object of so many bytes has to be opened to tell whether it is a document: removals are, and what is damaged may be. */
export const mayBeRemoval = (bytes: number): boolean => bytes % removalUnitBytes === 0

export const freshNonce = (): string => randomBytes(6).toString('hex')

/** Reads one object of state. `undefined` if it is not there (any more). */
export async function readStored(store: ObjectStore, key: string): Promise<(Stored & { readonly etag: string }) | undefined> {
  try {
    const { bytes, etag } = await readObject(store, key)
    return { ...parse(bytes, store.place, key), etag }
  } catch (error) {
    if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return undefined
    throw error
  }
}

/** Whether an object of state cannot be read for what it holds. */
export async function isDamaged(store: ObjectStore, key: string): Promise<boolean> {
  try {
    await readStored(store, key)
    return false
  } catch (error) {
    if (isEtlError(error, 'ETL_STATE_CORRUPT')) return true
    throw error
  }
}

/** Whether an object of state is a document, as opposed to gone or a removal. One that is damaged is there. */
export async function holdsValue(reading: Promise<{ readonly value: Json | undefined } | undefined>): Promise<boolean> {
  try {
    return (await reading)?.value !== undefined
  } catch (error) {
    if (isEtlError(error, 'ETL_STATE_CORRUPT')) return true
    throw error
  }
}

function parse(bytes: Uint8Array, place: string, key: string): Stored {
  try {
    const found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, Json>
    const { nonce, after, value, removed } = found
    if (typeof nonce !== 'string' || typeof after !== 'string') throw new Error('it lacks nonce or after')
    if (removed !== true && value === undefined) throw new Error('it lacks a value')
    return { nonce, after, value: removed === true ? undefined : value }
  } catch (cause) {
    throw new StateError(
      'ETL_STATE_CORRUPT',
      `State in ${place} cannot be read: "${key}" is damaged (${(cause as Error).message.replace(/\s+/g, ' ')}). Restore it from a backup, or remove it: ` +
        'then what was saved before counts, or the pipeline begins anew. "millrace state reset" removes all of the state.',
      { context: { place, key, bytes: bytes.length }, cause },
    )
  }
}

/**
 * Refuses what cannot name state.
 *
 * @throws ConfigError `ETL_STATE_KEY`
 */
export function checkStateKey(key: string): void {
  const good = key.split('/').every(segment => /^[A-Za-z0-9._-]{1,160}$/.test(segment) && segment !== '.' && segment !== '..')
  // Such names are those of versions: a document of that name would lie among them.
  if (good && !/(^|\/)\d{8,}\.json(\/|$)/.test(key)) return
  throw new ConfigError(
    'ETL_STATE_KEY',
    `${JSON.stringify(key)} cannot name state: each part between slashes must match [A-Za-z0-9._-]{1,160}, and be neither ".", ".." nor ` +
      'a number with ".json".',
    { context: { key } },
  )
}

/** A prefix as the beginning of object keys: `''` or with a slash at its end. */
export const folderOf = (prefix: string): string => (prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`)

/** By the end of the store's code, `ETL_SINK_DENIED`: that of the state's. Whether another try may help the store says. */
const meanings: Readonly<Record<string, string>> = {
  DENIED: 'DENIED',
  NOT_FOUND: 'NOT_FOUND',
  FULL: 'UNAVAILABLE',
  UNAVAILABLE: 'UNAVAILABLE',
  RATE_LIMITED: 'UNAVAILABLE',
}

/** A store's error as one of state. Others are returned as they are. */
export function stateError(error: unknown): unknown {
  if (!isEtlError(error)) return error
  const { code, message, context, retry, retryAfterMs } = error as EtlError
  const meaning = meanings[/^ETL_(?:SOURCE|SINK)_(\w+)$/.exec(code)?.[1] ?? '']
  if (meaning === undefined) return error
  return new StateError(`ETL_STATE_${meaning}`, `State: ${message}`, {
    retry,
    context,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** The same state, with the object store's errors as those of state. */
export function withStateErrors(state: StateStore): StateStore {
  const act = async <R>(call: () => Promise<R>): Promise<R> => {
    try {
      return await call()
    } catch (error) {
      throw stateError(error)
    }
  }
  return {
    load: key => act(() => state.load(key)),
    save: (key, value, expected) => act(() => state.save(key, value, expected)),
    remove: (key, expected) => act(() => state.remove(key, expected)),
    repair: async key => (await act(async () => state.repair?.(key))) ?? false,
    async *list(prefix) {
      try {
        yield* state.list(prefix)
      } catch (error) {
        throw stateError(error)
      }
    },
  }
}
