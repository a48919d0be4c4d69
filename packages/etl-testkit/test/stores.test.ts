import { memoryState, type StateStore } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { describeObjectStore, describeStateStore, objectStoreCases, stateStoreCases } from '../src/index.js'
import { caseNamed, expectFailing } from './failing.js'
import { memoryObjects } from './memory-object-store.js'

describeStateStore('memoryState', {
  open: () => {
    const store = memoryState()
    return { store, another: () => store }
  },
})

describeObjectStore('an object store in memory', {
  holdsBytes: true,
  open: () => {
    const store = memoryObjects()
    return { store, another: () => store }
  },
})

const brokenState = (break_: (store: StateStore) => Partial<StateStore>) =>
  stateStoreCases({
    open: () => {
      const store = memoryState()
      const broken = { ...store, ...break_(store) }
      return { store: broken, another: () => broken }
    },
  })

describe('the state store contract finds', () => {
  it('a store that does not compare', async () => {
    const cases = brokenState(store => ({
      save: async (key, value) => store.save(key, value, (await store.load(key))?.version ?? 'absent'),
    }))

    await expectFailing(cases, 'saving over a version that is no longer there is a conflict and changes nothing')
  })

  it('a store that looks first and writes then', async () => {
    const documents = new Map<string, string>()
    const cases = stateStoreCases({
      open: () => ({
        store: {
          ...memoryState(),
          async save(key, value, expected) {
            const found = documents.has(key) ? '1' : 'absent'
            await Promise.resolve()
            if (found !== expected) throw new Error('conflict')
            documents.set(key, JSON.stringify(value))
            return '1'
          },
        },
      }),
    })

    const race = caseNamed(cases, 'of 20 writers that create one document at once, one wins and the others are told')

    await expect(race.run()).rejects.toThrow('20 of 20 writers believe to have won')
  })

  it('versions that come again', async () => {
    const cases = brokenState(store => {
      const real = new Map<string, string>()
      const short = (value: unknown) => `hash-${JSON.stringify(value).length}`
      return {
        load: async key => {
          const found = await store.load(key)
          return found && { value: found.value, version: short(found.value) }
        },
        save: async (key, value, expected) => {
          const found = await store.load(key)
          const version = found ? short(found.value) : 'absent'
          real.set(key, await store.save(key, value, version === expected ? (found?.version ?? 'absent') : 'stale'))
          return short(value)
        },
        remove: async (key, expected) => {
          const found = await store.load(key)
          await store.remove(key, found && short(found.value) === expected ? found.version : 'stale')
        },
      }
    })

    await expectFailing(
      cases,
      'every save has a new version, even of the same value',
      'an old version stays refused after the document was removed and saved again',
    )
  })

  it('a listing that takes a prefix for a pattern, or is out of order', async () => {
    const cases = brokenState(store => ({
      async *list(prefix) {
        const keys: string[] = []
        for await (const key of store.list('')) keys.push(key)
        yield* keys.reverse().filter(key => new RegExp(`^${prefix.replaceAll('_', '.')}`).test(key))
      },
    }))

    await expectFailing(
      cases,
      'a prefix is text, not a pattern',
      'keys are listed by prefix, in ascending order of their characters',
    )
  })

  it('keys that do not tell case apart', async () => {
    const cases = brokenState(store => ({
      load: key => store.load(key.toLowerCase()),
      save: (key, value, expected) => store.save(key.toLowerCase(), value, expected),
    }))

    await expectFailing(cases, 'every allowed character and length of a key is kept, and case tells keys apart')
  })
})

const brokenObjects = (break_: (store: ReturnType<typeof memoryObjects>) => Partial<ReturnType<typeof memoryObjects>>) =>
  objectStoreCases({
    holdsBytes: true,
    open: () => {
      const store = memoryObjects()
      return { store: { ...store, ...break_(store) } }
    },
  })

describe('the object store contract finds', () => {
  it('a put that shows what it has so far', async () => {
    const cases = brokenObjects(store => ({
      async put(key, body, options = {}) {
        if (body instanceof Uint8Array) return store.put(key, body, options)
        const chunks: Uint8Array[] = []
        for await (const chunk of body) {
          chunks.push(chunk)
          await store.put(key, Buffer.concat(chunks))
        }
        return store.put(key, Buffer.concat(chunks))
      },
    }))

    await expectFailing(
      cases,
      'a body that throws midway leaves nothing, and its error is passed on',
      'a body that throws midway leaves the object that was there',
      'an object that is being written is not visible, whole or in part',
    )
  })

  it('a condition that is looked at before the body is read', async () => {
    const cases = brokenObjects(store => ({
      async put(key, body, { condition } = {}) {
        if (condition === 'absent' && (await store.head(key))) return store.put(key, body as Uint8Array, { condition })
        return store.put(key, body)
      },
    }))

    await expectFailing(
      cases,
      'of 20 writers that create one object from streams at once, one wins and the others are told',
      'a put on condition of a version is refused at any other version, and where nothing is',
    )
  })

  it('a listing by whole folders, and one in the order of UTF-16', async () => {
    const folders = brokenObjects(store => ({
      async *list(prefix) {
        for await (const info of store.list('')) if (`${info.key}/`.startsWith(prefix.replace(/\/?$/, '/'))) yield info
      },
    }))
    const units = brokenObjects(store => ({
      async *list(prefix) {
        const infos = []
        for await (const info of store.list(prefix)) infos.push(info)
        yield* infos.sort((a, b) => (a.key < b.key ? -1 : 1))
      },
    }))

    await expectFailing(folders, 'a prefix is any text: foo finds foobar, foo/ does not')
    await expectFailing(units, 'keys are listed ascending by their bytes in UTF-8, across folders')
  })

  it('a store that holds the whole object', async () => {
    const holding = objectStoreCases({ open: () => ({ store: memoryObjects() }) })
    const large = caseNamed(holding, 'a large object is written and read as a stream, in bounded memory')

    await expect(large.run()).rejects.toThrow(/MiB were held for an object of 32 MiB/)
  })

  it('what is wrong with as many objects as the suite says', async () => {
    const keys = new Set<string>()
    const counting = (): ReturnType<typeof memoryObjects> => {
      const store = memoryObjects()
      return { ...store, put: (key, body, options) => store.put(keys.add(key) && key, body, options) }
    }
    const cases = objectStoreCases({ holdsBytes: true, manyObjects: 60, open: () => ({ store: counting() }) })

    await caseNamed(
      cases,
      'thousands of objects are listed once each, in order, with what head tells of them, and deleted in one call',
    ).run()

    expect(keys.size).toBe(60)
  })

  it('an etag made of the length', async () => {
    const cases = brokenObjects(store => ({
      put: async (key, body, options) => {
        const info = await store.put(key, body, options)
        return { ...info, etag: `length-${info.bytes}` }
      },
    }))

    await expectFailing(cases, 'a put replaces what was there, and another content of the same length is another version')
  })
})
