import type { ObjectInfo, ObjectStore } from '@millrace/objects'

/** An object store to test, at a place of its own that is empty. */
export interface ObjectStoreWorld {
  readonly store: ObjectStore
  /** Another store over the same place, as another process would open it. */
  another?(): ObjectStore
  close?(): Promise<void> | void
}

/** What `objectStoreCases` needs. */
export interface ObjectStoreSuite {
  open(): Promise<ObjectStoreWorld> | ObjectStoreWorld
  /** The bytes stay in this process (a fake server beside the test): memory then says nothing about the store. Default false. */
  readonly holdsBytes?: boolean
  /** What the case of thousands of objects writes. Default 1,100 (more than a page), or 12,000 when `MILLRACE_TEST_LONG` is set. */
  readonly manyObjects?: number
}

/** What a case may use beside the store. */
export interface CaseWorld extends ObjectStoreWorld {
  readonly holdsBytes: boolean
  readonly manyObjects: number
  skip(reason: string): never
}

/** A case before it is bound to a suite. */
export interface ObjectStoreCase {
  readonly name: string
  body(store: ObjectStore, world: CaseWorld): Promise<void>
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A store's object as text. */
export async function textOf(store: ObjectStore, key: string, options?: Parameters<ObjectStore['get']>[1]): Promise<string> {
  return Buffer.concat(await chunksOf((await store.get(key, options)).body)).toString('utf8')
}

export async function chunksOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return chunks
}

export async function infosOf(store: ObjectStore, prefix = ''): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = []
  for await (const info of store.list(prefix)) infos.push(info)
  return infos
}

export const keysOf = async (store: ObjectStore, prefix = ''): Promise<string[]> =>
  (await infosOf(store, prefix)).map(info => info.key)

export const notFound = { codes: ['ETL_OBJECT_NOT_FOUND'], retry: ['never'] } as const
export const conflict = { codes: ['ETL_OBJECT_CONFLICT'], retry: ['never'] } as const
export const badKey = { codes: ['ETL_OBJECT_KEY'], retry: ['never'] } as const

/** Chunks whose content depends on their number, without keeping any. */
export async function* patternOf(chunks: number, chunkBytes: number, each?: (chunk: number) => void): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    each?.(chunk)
    yield new Uint8Array(chunkBytes).fill((chunk * 31 + 7) % 251)
  }
}
