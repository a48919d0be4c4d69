import type { Sink, SinkWriter, Source, StateStore } from '@millrace/etl-core'
import type { ObjectBody, ObjectStore } from '@millrace/objects'

/** One call of a wrapped source, sink, writer, state store or object store. */
export interface WrappedCall {
  readonly on: 'source' | 'sink' | 'writer' | 'state' | 'objects'
  /** `plan`, `next`, `open`, `write`, `save` and so on. */
  readonly name: string
  /** A split, a group, a key: for people. */
  readonly about: string
}

/** Stands around every call: may let it happen, or not, and learns how it ended. */
export type Around = <V>(call: WrappedCall, act: () => Promise<V>) => Promise<V>

/**
 * The same value with some members replaced; the others, getters too, stay those of the original and are called on it: that of a class may
 * have private fields, which nothing made over it has.
 */
export function withMembers<O extends object>(target: O, members: Partial<O>): O {
  const given = new Map<PropertyKey, unknown>(Object.entries(members).filter(([, value]) => value !== undefined))
  // Over nothing: a proxy of something frozen may not replace its members.
  return new Proxy({} as O, {
    has: (_, name) => given.has(name) || name in target,
    get: (_, name) => memberOf(name),
    // A copy by `...` has all members, too.
    ownKeys: () => [...new Set([...Reflect.ownKeys(target), ...given.keys()])] as (string | symbol)[],
    getOwnPropertyDescriptor: (_, name) =>
      given.has(name) || Object.hasOwn(target, name)
        ? { value: memberOf(name), enumerable: true, configurable: true, writable: true }
        : undefined,
  })

  function memberOf(name: PropertyKey): unknown {
    if (given.has(name)) return given.get(name)
    const member: unknown = Reflect.get(target, name, target)
    return typeof member === 'function' ? member.bind(target) : member
  }
}

/** A source whose `plan`, every batch asked for and every removal go through `around`. */
export function sourceAround<T>(source: Source<T>, around: Around): Source<T> {
  const { removal } = source
  return withMembers<Source<T>>(source, {
    ...(removal && {
      removal: {
        key: removal.key,
        remove: (keys, ctx) =>
          around({ on: 'source', name: 'remove', about: `${keys.length} rows` }, () => removal.remove(keys, ctx)),
      },
    }),
    plan: ctx => around({ on: 'source', name: 'plan', about: source.name }, () => source.plan(ctx)),
    read: (split, from, ctx) => ({
      [Symbol.asyncIterator]() {
        const reading = source.read(split, from, ctx)[Symbol.asyncIterator]()
        return {
          next: () => around({ on: 'source', name: 'next', about: split.id }, () => reading.next()),
          return: async () => (await reading.return?.()) ?? { done: true, value: undefined },
        }
      },
    }),
  })
}

/** A sink whose calls, and those of its writers, go through `around`; reading back does once, when it begins. */
export function sinkAround<T>(sink: Sink<T>, around: Around): Sink<T> {
  const { publish, discard, survey, stillPublished, readBack } = sink
  const call = (name: string, about: string) => ({ on: 'sink', name, about }) as const
  return withMembers<Sink<T>>(sink, {
    open: ctx => around(call('open', ctx.split.id), async () => writerAround(await sink.open(ctx), ctx.split.id, around)),
    ...(publish && { publish: (group, ctx) => around(call('publish', group.name), () => publish.call(sink, group, ctx)) }),
    ...(discard && { discard: (loadId, ctx) => around(call('discard', loadId), () => discard.call(sink, loadId, ctx)) }),
    ...(survey && { survey: (splits, ctx) => around(call('survey', splits[0]?.id ?? ''), () => survey.call(sink, splits, ctx)) }),
    ...(stillPublished && {
      stillPublished: (group, ctx) => around(call('stillPublished', group), () => stillPublished.call(sink, group, ctx)),
    }),
    ...(readBack && {
      readBack: withMembers(readBack, {
        records: (group, ctx) => listAround(call('readBack', group.name), () => readBack.records(group, ctx), around),
      }),
    }),
  })
}

function writerAround<T>(writer: SinkWriter<T>, split: string, around: Around): SinkWriter<T> {
  const call = (name: string) => ({ on: 'writer', name, about: split }) as const
  return withMembers<SinkWriter<T>>(writer, {
    write: batch => around({ ...call('write'), about: `${split} ${batch.checkpoint.batchNo}` }, () => writer.write(batch)),
    flush: () => around(call('flush'), () => writer.flush()),
    commit: () => around(call('commit'), () => writer.commit()),
    suspend: () => around(call('suspend'), () => writer.suspend()),
    abort: cause => around(call('abort'), () => writer.abort(cause)),
  })
}

/** A state store whose calls go through `around`; a listing does once, when it begins. */
export function stateAround(store: StateStore, around: Around): StateStore {
  const call = (name: string, about: string) => ({ on: 'state', name, about }) as const
  return {
    load: key => around(call('load', key), () => store.load(key)),
    save: (key, value, expected) => around(call('save', key), () => store.save(key, value, expected)),
    remove: (key, expected) => around(call('remove', key), () => store.remove(key, expected)),
    list: prefix => listAround(call('list', prefix), () => store.list(prefix), around),
  }
}

/** An object store whose calls go through `around`; a listing and a body do once, when they begin. */
export function objectsAround(store: ObjectStore, around: Around): ObjectStore {
  const { deleteIf, endUnfinished } = store
  const call = (name: string, about: string) => ({ on: 'objects', name, about }) as const
  return withMembers<ObjectStore>(store, {
    get: (key, options) => getAround(call('get', key), () => store.get(key, options), around),
    head: (key, options) => around(call('head', key), () => store.head(key, options)),
    put: (key, body, options) => around(call('put', key), () => store.put(key, body, options)),
    assemble: (key, pieces, options) => around(call('assemble', key), () => store.assemble(key, pieces, options)),
    delete: (keys, options) => around(call('delete', keys.join(', ')), () => store.delete(keys, options)),
    ...(deleteIf && {
      deleteIf: (key, etag, options) => around(call('deleteIf', key), () => deleteIf.call(store, key, etag, options)),
    }),
    ...(endUnfinished && {
      endUnfinished: (of, options) =>
        around(call('endUnfinished', 'key' in of ? of.key : of.prefix), () => endUnfinished.call(store, of, options)),
    }),
    list: (prefix, options) => listAround(call('list', prefix), () => store.list(prefix, options), around),
  })
}

/** An answer that nobody gets is let go: it holds a file or a connection. */
async function getAround(call: WrappedCall, get: () => Promise<ObjectBody>, around: Around): Promise<ObjectBody> {
  let got: ObjectBody | undefined
  try {
    return await around(call, async () => {
      got = await get()
      return got
    })
  } catch (error) {
    await got?.body[Symbol.asyncIterator]().return?.()
    throw error
  }
}

async function* listAround<V>(call: WrappedCall, list: () => AsyncIterable<V>, around: Around): AsyncIterable<V> {
  yield* await around(call, async () => list())
}
