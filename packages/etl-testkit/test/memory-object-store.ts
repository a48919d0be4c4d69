import { SinkError, SourceError } from '@millrace/etl-core'
import { checkKey, compareKeys, type ObjectInfo, type ObjectStore, type PutOptions } from '@millrace/objects'

interface Stored {
  readonly info: ObjectInfo
  readonly bytes: Uint8Array
}

const missing = (key: string) => new SourceError('ETL_OBJECT_NOT_FOUND', `There is no object "${key}".`)
const conflict = (key: string) => new SinkError('ETL_OBJECT_CONFLICT', `Object "${key}" is not as expected.`)

/** An object store in memory: the smallest thing that keeps the contract. */
export function memoryObjects(objects = new Map<string, Stored>()): ObjectStore {
  let counter = 0
  const holds = (key: string, { condition }: PutOptions) => {
    const found = objects.get(key)?.info.etag
    if (condition === 'absent' ? found !== undefined : condition && found !== condition.etag) throw conflict(key)
  }
  const store = (key: string, bytes: Uint8Array, options: PutOptions): ObjectInfo => {
    options.signal?.throwIfAborted()
    holds(key, options)
    const info = { key, bytes: bytes.length, etag: `v${objects.size}-${++counter}-${Math.random()}`, modifiedAtMs: Date.now() }
    objects.set(key, { info, bytes })
    return info
  }
  return {
    place: 'memory',
    capabilities: { replaceIfUnchanged: 'atomic' },
    async get(key, { range, ifMatch, signal } = {}) {
      checkKey(key)
      signal?.throwIfAborted()
      const found = objects.get(key)
      if (!found) throw missing(key)
      if (ifMatch !== undefined && ifMatch !== found.info.etag) throw conflict(key)
      const bytes = found.bytes.subarray(range?.start ?? 0, range?.end)
      return {
        info: found.info,
        body: (async function* () {
          for (let at = 0; at < bytes.length; at += 65_536) {
            signal?.throwIfAborted()
            yield bytes.slice(at, at + 65_536)
          }
        })(),
      }
    },
    async head(key, { signal } = {}) {
      checkKey(key)
      signal?.throwIfAborted()
      return objects.get(key)?.info
    },
    async put(key, body, options = {}) {
      checkKey(key)
      if (body instanceof Uint8Array) return store(key, body.slice(), options)
      const chunks: Uint8Array[] = []
      for await (const chunk of body) {
        options.signal?.throwIfAborted()
        chunks.push(chunk)
      }
      return store(key, Buffer.concat(chunks), options)
    },
    async assemble(key, pieces, options = {}) {
      checkKey(key)
      const bytes = pieces.map(piece => {
        if ('bytes' in piece) return piece.bytes
        const found = objects.get(piece.key)
        if (!found) throw missing(piece.key)
        return found.bytes
      })
      return store(key, Buffer.concat(bytes), options)
    },
    async *list(prefix, { signal } = {}) {
      for (const key of [...objects.keys()].sort(compareKeys)) {
        signal?.throwIfAborted()
        const found = objects.get(key)
        if (found && key.startsWith(prefix)) yield found.info
      }
    },
    async delete(keys, { signal } = {}) {
      signal?.throwIfAborted()
      for (const key of keys) {
        checkKey(key)
        objects.delete(key)
      }
    },
  }
}
