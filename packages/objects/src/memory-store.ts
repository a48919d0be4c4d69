import { createHash } from 'node:crypto'
import { objectConflict, objectNotFound } from './errors.js'
import { checkKey, compareKeys } from './keys.js'
import type { ObjectInfo, ObjectStore, PutOptions } from './store.js'

interface Held {
  readonly info: ObjectInfo
  readonly bytes: Uint8Array
  readonly metadata: Readonly<Record<string, string>>
}

const described = ({ info, metadata }: Held): ObjectInfo => (Object.keys(metadata).length === 0 ? info : { ...info, metadata })

const lowerCase = (metadata: PutOptions['metadata'] = {}) =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]))

/**
 * Objects in this process's memory, for tests and for trying things out. Compares and replaces atomically, as buckets do; an etag is
 * derived from the content alone, as theirs mostly are.
 *
 * @example
 * const sink = objectSink({ store: () => memoryStore(), shown: 'memory', format: csv(), path: 'all.csv' })
 */
export function memoryStore(place = 'memory:'): ObjectStore {
  const objects = new Map<string, Held>()

  const save = (key: string, bytes: Uint8Array, { condition, signal, metadata }: PutOptions): ObjectInfo => {
    signal?.throwIfAborted()
    const found = objects.get(key)?.info.etag
    const expected = condition === undefined ? found : condition === 'absent' ? undefined : condition.etag
    if (found !== expected) throw objectConflict('write', place, key, expected ?? 'absent', { etag: found })
    const etag = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
    const info = { key, bytes: bytes.length, etag, modifiedAtMs: Date.now() }
    objects.set(key, { info, bytes, metadata: lowerCase(metadata) })
    return info
  }

  return {
    place,
    capabilities: { replaceIfUnchanged: 'atomic' },
    async get(key, { range, ifMatch, signal } = {}) {
      signal?.throwIfAborted()
      checkKey(key)
      const held = objects.get(key)
      if (!held) throw objectNotFound('read', place, key)
      if (ifMatch !== undefined && ifMatch !== held.info.etag) throw objectConflict('read', place, key, ifMatch, held.info)
      const { bytes } = held
      return { info: described(held), body: chunksOf(bytes.slice(range?.start ?? 0, range?.end ?? bytes.length), signal) }
    },
    async head(key, call) {
      call?.signal?.throwIfAborted()
      checkKey(key)
      const held = objects.get(key)
      return held && described(held)
    },
    async put(key, body, options = {}) {
      options.signal?.throwIfAborted()
      checkKey(key)
      return save(key, await collect(body), options)
    },
    async assemble(key, pieces, options = {}) {
      options.signal?.throwIfAborted()
      checkKey(key)
      const parts = pieces.map(piece => {
        if ('bytes' in piece) return piece.bytes
        const held = objects.get(piece.key)
        if (!held) throw objectNotFound('write', place, piece.key)
        return held.bytes
      })
      return save(key, Buffer.concat(parts), options)
    },
    async *list(prefix, call) {
      call?.signal?.throwIfAborted()
      for (const key of [...objects.keys()].filter(each => each.startsWith(prefix)).sort(compareKeys)) {
        call?.signal?.throwIfAborted()
        const held = objects.get(key)
        if (held) yield held.info
      }
    },
    async deleteIf(key, etag, call) {
      call?.signal?.throwIfAborted()
      checkKey(key)
      const found = objects.get(key)?.info.etag
      if (found !== etag) throw objectConflict('write', place, key, etag, { etag: found })
      return objects.delete(key)
    },
    async delete(keys, call) {
      call?.signal?.throwIfAborted()
      for (const key of keys) {
        checkKey(key)
        objects.delete(key)
      }
    },
  }
}

async function* chunksOf(bytes: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    signal?.throwIfAborted()
    yield bytes.subarray(at, at + 65_536)
  }
}

async function collect(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  // A copy: the caller may use its buffer again.
  if (body instanceof Uint8Array) return body.slice()
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk.slice())
  return Buffer.concat(chunks)
}
