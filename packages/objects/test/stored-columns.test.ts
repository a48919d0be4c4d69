import { definePipeline, from, isEtlError, type RunReport, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { ndjson } from '@millrace/formats'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { memoryStore, type ObjectStore, objectSink, stateOver } from '../src/index.js'
import { visible } from './support/stores.js'

const one = z.object({ id: z.int32(), name: z.string().max(10) })

/** One load of one record through a schema, appended. */
async function append(
  store: ObjectStore,
  schema: z.ZodType,
  options: { readonly schemaChanges?: 'any'; readonly path?: string; readonly record?: object; readonly loadId?: string } = {},
): Promise<RunReport | string> {
  const {
    schemaChanges,
    path = 'log',
    record = { id: 1, name: 'a', note: null, count: 1 },
    loadId = crypto.randomUUID(),
  } = options
  const sink = objectSink({
    store: () => store,
    shown: 'memory:out',
    path,
    layout: 'append',
    format: ndjson(),
    ...(schemaChanges ? { schemaChanges } : {}),
  })
  const build = () =>
    from(arraySource({ splits: { all: [record] } }))
      .validate(schema)
      .into(sink as never)
  try {
    return await run(definePipeline({ name: 'plants', build }), {}, { state: stateOver(store, '_millrace/state'), loadId })
  } catch (error) {
    if (!isEtlError(error)) throw error
    return `${error.code}: ${error.message}`
  }
}
const statusOf = (ended: RunReport | string) => (typeof ended === 'string' ? ended.slice(0, ended.indexOf(':')) : ended.status)

describe('the columns of appended objects', () => {
  it('may grow by nullable ones, also by and by', async () => {
    const store = memoryStore()
    const two = one.extend({ note: z.string().nullable() })

    const ended = [
      await append(store, one),
      await append(store, two),
      await append(store, two.extend({ count: z.int32().nullish() })),
    ]

    expect(ended.map(statusOf)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(statusOf(await append(store, one))).toBe('ETL_SCHEMA_INCOMPATIBLE')
  })

  it('refuse anything else before anything is written, and say what to do', async () => {
    const store = memoryStore()
    await append(store, one)
    const before = await visible(store)

    const refused = await append(store, z.object({ id: z.string(), name: z.string(), count: z.int32() }), {
      record: { id: '1', name: '', count: 1 },
    })

    expect(refused).toMatch(/^ETL_SCHEMA_INCOMPATIBLE: The record schema does not fit the objects below "log"/)
    expect(refused).toContain('"id" is stored as int32 and wanted as string')
    expect(refused).toContain(`"count" (int32) is new and takes no null`)
    expect(refused).toContain(`schemaChanges: 'any'`)
    expect(await visible(store)).toEqual(before)
  })

  it('are those of one path: another one begins anew', async () => {
    const store = memoryStore()
    await append(store, one)

    expect(statusOf(await append(store, z.object({ id: z.string() }), { path: 'other', record: { id: 'x' } }))).toBe('succeeded')
  })

  it('may change in any way where the sink says so, and are from then on what they are now', async () => {
    const store = memoryStore()
    const other = z.object({ id: z.string() })
    await append(store, one)

    const allowed = await append(store, other, { schemaChanges: 'any', record: { id: 'x' } })

    expect(statusOf(allowed)).toBe('succeeded')
    expect(statusOf(await append(store, other, { record: { id: 'x' } }))).toBe('succeeded')
    expect(statusOf(await append(store, one))).toBe('ETL_SCHEMA_INCOMPATIBLE')
  })

  it('do not count the longest text, nor what cannot be told', async () => {
    const store = memoryStore()
    await append(store, one)

    expect(statusOf(await append(store, one.extend({ name: z.string() })))).toBe('succeeded')
    expect(
      statusOf(
        await append(
          store,
          one.transform(record => ({ ...record, extra: 1 })),
        ),
      ),
    ).toBe('succeeded')
  })

  it('are not written again by a load that brings none', async () => {
    const store = memoryStore()
    await append(store, one)
    const keys: string[] = []
    const watched: ObjectStore = {
      ...store,
      put: (key, ...rest) => (keys.push(key) > 0 ? store.put(key, ...rest) : store.put(key, ...rest)),
    }

    await append(watched, one)

    expect(keys.filter(key => key.includes('/columns/'))).toEqual([])
    expect(keys.some(key => key.startsWith('log/'))).toBe(true)
  })

  it('are looked at once in a load, however many groups it has', async () => {
    const memory = memoryStore()
    const looks: string[] = []
    const store: ObjectStore = {
      ...memory,
      get: (key, options) => {
        if (key.includes('/columns/')) looks.push(key)
        return memory.get(key, options)
      },
    }
    const splits = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`split-${at}`, [{ id: at, name: 'a' }]]))
    const sink = objectSink({ store: () => store, shown: 'memory:out', path: 'log', layout: 'append', format: ndjson() })
    const build = () =>
      from(arraySource({ splits }))
        .validate(one)
        .into(sink as never)

    const report = await run(definePipeline({ name: 'plants', build }), {}, { state: stateOver(memory, '_millrace/state') })

    expect(report.groups).toHaveLength(30)
    expect(looks).toHaveLength(1)
  })
})
