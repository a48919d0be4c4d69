import { gunzipSync } from 'node:zlib'
import { definePipeline, from, type Reject, run, type Sink, tee } from '@millrace/etl-core'
import { arraySource, describeCrashes, describeSink } from '@millrace/etl-testkit'
import { csv, gzip, ndjson } from '@millrace/formats'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { memoryStore, type ObjectStore, objectSink, stateOver } from '../src/index.js'
import { visible } from './support/stores.js'

interface Plant {
  readonly id: number
  readonly name: string
}

const plant = (i: number): Plant => ({ id: i, name: `plant ${i}` })
const at = (store: ObjectStore) => ({ store: () => store, shown: 'memory:out' })

/** The same records twice at one place: plain, and in gzip members of three records, which are durable later. */
const plainAndPacked = (store: ObjectStore): Sink<Plant> =>
  tee(
    objectSink({ ...at(store), path: '{group}.{ext}', format: ndjson<Plant>() }),
    objectSink({ ...at(store), path: '{group}.{ext}', format: gzip(ndjson<Plant>(), { unitRecords: 3 }) }),
  )

/** What the plain objects hold, if the packed ones hold the same. */
async function readBoth(store: ObjectStore): Promise<Plant[]> {
  const objects = Object.entries(await visible(store)).filter(([key]) => !key.startsWith('bad/'))
  const text = (packed: boolean) =>
    objects
      .filter(([key]) => key.endsWith('.gz') === packed)
      .map(([, bytes]) => (packed && bytes !== '' ? gunzipSync(Buffer.from(bytes, 'latin1')).toString('latin1') : bytes))
      .join('')
  if (text(true) !== text(false)) throw new Error(`Plain: ${text(false)}\npacked: ${text(true)}`)
  return text(false)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Plant)
}

for (const rereads of ['same', 'mayDiffer'] as const) {
  describeSink<Plant, { sink: Sink<Plant>; readBack(): Promise<Plant[]> }>(
    `a tee at one place, of a source that rereads ${rereads}`,
    {
      record: plant,
      ordered: true,
      refused: i => ({ id: i, name: Number.NaN as unknown as string }),
      async open() {
        const store = memoryStore()
        const sink = plainAndPacked(store)
        const prepare: Sink<Plant>['prepare'] = facts => sink.prepare?.({ ...facts, source: { resumable: true, rereads } })
        return { sink: { ...sink, prepare }, readBack: () => readBoth(store) }
      },
    },
  )
}

const named = z.object({ id: z.number(), name: z.string().min(1) })

/** Made when a process opens its ends, and taken by the step. */
let bad: Sink<Reject>

describeCrashes<Plant>('a tee at one place, with copies of rejects beside it', {
  async build() {
    const store = memoryStore()
    const records = (split: string) => ['x', '', 'y', 'z'].map((name, id) => ({ id, name: name && `${split} ${name}` }))
    return {
      open({ objects }) {
        const counted = objects(store)
        bad = objectSink({ ...at(counted), path: 'bad/{group}.ndjson', format: ndjson<Reject>() })
        return {
          source: arraySource<Plant>({ splits: { a: records('a'), b: records('b') }, group: 'all' }),
          sink: plainAndPacked(counted),
          state: stateOver(counted, '_millrace/state'),
        }
      },
      async read() {
        const { 'bad/all.ndjson': copies = '' } = await visible(store)
        return [...(await readBoth(store)), ...copies.split('\n')]
      },
    }
  },
  steps: flow => flow.validate(named, { rejectsTo: bad }),
  ordered: true,
  maxPoints: process.env.MILLRACE_TEST_LONG ? 1_000 : 12,
})

const pairOf = (store: ObjectStore, paths: readonly [string, string]) => {
  const [one, two] = paths.map(path => objectSink({ ...at(store), path, format: csv<Plant>() })) as [Sink<Plant>, Sink<Plant>]
  return tee(one, two)
}
const runInto = (sink: Sink<Plant>, store: ObjectStore) =>
  run(
    definePipeline({
      name: 'plants',
      build: () => from(arraySource({ splits: { all: [plant(1)] }, bookmark: 'b1' })).into(sink),
    }),
    {},
    { state: stateOver(store, '_millrace/state') },
  )

it('a run that finds both objects as they were has nothing to do; if one is gone both are made anew', async () => {
  const store = memoryStore()
  const statuses = []
  statuses.push((await runInto(pairOf(store, ['a.csv', 'b.csv']), store)).status)
  statuses.push((await runInto(pairOf(store, ['a.csv', 'b.csv']), store)).status)
  await store.delete(['b.csv'])
  statuses.push((await runInto(pairOf(store, ['a.csv', 'b.csv']), store)).status)

  expect(statuses).toEqual(['succeeded', 'unchanged', 'succeeded'])
  expect(Object.keys(await visible(store))).toEqual(['a.csv', 'b.csv'])
})

it('two sinks of a tee that write one object are refused, and what is there stays', async () => {
  const store = memoryStore()
  const report = await runInto(pairOf(store, ['a.csv', 'a.csv']), store)

  expect(report.status).toBe('failed')
  expect(report.error).toMatchObject({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining('Two sinks of one flow') })
})

it('a tee within a tee keeps books of its own: an object that is gone is noticed, whichever sink wrote it', async () => {
  for (const gone of ['a.csv', 'b.csv', 'c.csv']) {
    const store = memoryStore()
    const nested = () => tee(pairOf(store, ['a.csv', 'b.csv']), objectSink({ ...at(store), path: 'c.csv', format: csv<Plant>() }))
    await runInto(nested(), store)
    await store.delete([gone])

    const { status } = await runInto(nested(), store)

    expect([gone, status, Object.keys(await visible(store))]).toEqual([gone, 'succeeded', ['a.csv', 'b.csv', 'c.csv']])
  }
})

it('a sink that becomes one of a tee goes on with its object, and alone again as well', async () => {
  const store = memoryStore()
  await runInto(objectSink({ ...at(store), path: 'a.csv', format: csv<Plant>() }), store)

  const [together, alone] = [
    await runInto(pairOf(store, ['b.csv', 'a.csv']), store),
    await runInto(objectSink({ ...at(store), path: 'a.csv', format: csv<Plant>() }), store),
  ]

  expect([together, alone].map(({ status, error }) => error?.message ?? status)).toEqual(['succeeded', 'succeeded'])
  expect(Object.keys(await visible(store))).toEqual(['a.csv', 'b.csv'])
})

it('copies of rejects stay in their place when a step is put before theirs', async () => {
  const store = memoryStore()
  const copies = () => objectSink<Reject>({ ...at(store), path: 'bad.ndjson', format: ndjson<Reject>() })
  const records = (bookmark: string) => from(arraySource({ splits: { all: [plant(1), { id: 2, name: '' }] }, bookmark }))
  const sink = () => objectSink<Plant>({ ...at(store), path: 'a.csv', format: csv<Plant>() })
  const builds = [
    () => records('b1').validate(named, { rejectsTo: copies() }).into(sink()),
    () =>
      records('b2')
        .map(each => each)
        .validate(named, { rejectsTo: copies() })
        .into(sink()),
  ]

  for (const build of builds) {
    const report = await run(definePipeline({ name: 'plants', build }), {}, { state: stateOver(store, '_millrace/state') })
    expect(report.status).toBe('succeeded')
  }
  expect((await visible(store))['bad.ndjson']).toContain('"stage":"2 validate"')
})
