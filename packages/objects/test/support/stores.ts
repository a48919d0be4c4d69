import type { ObjectBody, ObjectInfo, ObjectStore } from '../../src/index.js'

/** What a store throws once its process is dead. */
export class Killed extends Error {}

export interface Reaper {
  /** Counts one step; dies before or after it. */
  step<R>(act: () => Promise<R>): Promise<R>
  readonly steps: number
}

/** Dies at a step: before it happens, or after it happened but before anyone hears of it. Every later step fails. */
export function reaper(atStep: number, when: 'before' | 'after'): Reaper {
  let steps = 0
  let dead = false
  return {
    get steps() {
      return steps
    },
    async step(act) {
      if (dead) throw new Killed('dead')
      const mine = steps++ === atStep
      if (mine) dead = true
      if (mine && when === 'before') throw new Killed('before')
      const result = await act()
      if (mine) throw new Killed('after')
      return result
    },
  }
}

/** A store whose calls are steps of a reaper. */
export function mortal(store: ObjectStore, { step }: Reaper): ObjectStore {
  const { deleteIf } = store
  return {
    place: store.place,
    capabilities: store.capabilities,
    async get(key, options) {
      let opened: ObjectBody | undefined
      try {
        return await step(async () => {
          opened = await store.get(key, options)
          return opened
        })
      } catch (error) {
        // The system closes a dead process's files.
        await opened?.body[Symbol.asyncIterator]().return?.()
        throw error
      }
    },
    head: (key, options) => step(() => store.head(key, options)),
    put: (key, body, options) => step(() => store.put(key, body, options)),
    assemble: (key, pieces, options) => step(() => store.assemble(key, pieces, options)),
    async *list(prefix, options) {
      const infos: ObjectInfo[] = []
      await step(async () => {
        for await (const info of store.list(prefix, options)) infos.push(info)
      })
      yield* infos
    },
    delete: (keys, options) => step(() => store.delete(keys, options)),
    ...(deleteIf && { deleteIf: (key, etag, options) => step(() => deleteIf(key, etag, options)) }),
  }
}

/** A store that cannot compare while it deletes, as some servers that speak S3. */
export function withoutDeleteIf({ deleteIf: _, ...store }: ObjectStore): ObjectStore {
  return store
}

/** Every object of a store as text, by key. */
export async function contents(
  store: ObjectStore,
  wanted: (key: string) => boolean = () => true,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { key } of store.list('')) if (wanted(key)) found[key] = await textAt(store, key)
  return found
}

/** What readers of data see: not what begins with `_`. */
export const visible = (store: ObjectStore) => contents(store, key => !key.startsWith('_'))

export async function textAt(store: ObjectStore, key: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}
