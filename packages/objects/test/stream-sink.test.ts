import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { definePipeline, type Format, from, type RunOptions, run } from '@millrace/etl-core'
import { arraySource, describeCases, sinkCases } from '@millrace/etl-testkit'
import { csv, decodeAll, ndjson, parquet } from '@millrace/formats'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { streamSink } from '../src/index.js'

interface Plant {
  readonly id: number
  readonly name: string
}
const plant = (id: number): Plant => ({ id, name: `plant ${id}, "quoted"` })

/** A stream whose bytes are kept, as a terminal or a pipe would show them. */
function kept() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    highWaterMark: 16,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      setImmediate(done)
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

const cases = sinkCases<Plant, { sink: ReturnType<typeof streamSink<Plant>>; readBack(): Promise<Plant[]> }>({
  record: plant,
  async open() {
    const { stream, text } = kept()
    return {
      sink: streamSink<Plant>({ stream: () => stream, format: ndjson<Plant>() }),
      readBack: async () => (await decodeAll(ndjson<Plant>(), Buffer.from(text()))).records as Plant[],
    }
  },
})
const takenBack = 'a stop before commit leaves nothing, and the split is written anew'

describeCases(
  'a stream of ndjson',
  cases.map(each => (each.name === takenBack ? { ...each, skip: 'what went into a stream cannot be taken back' } : each)),
)

it('the contract still has the case that a stream cannot keep', () => {
  expect(cases.map(({ name }) => name)).toContain(takenBack)
})

const toStream = (stream: Writable, format: Format<Plant>, splits: Record<string, Plant[]>, options: RunOptions = {}) =>
  run(
    definePipeline({
      name: 'to-stream',
      build: () => from(arraySource<Plant>({ splits })).into(streamSink<Plant>({ stream: () => stream, format })),
    }),
    {},
    options,
  )

it('splits follow each other under one header, however many are read at once', async () => {
  const { stream, text } = kept()

  const report = await toStream(stream, csv<Plant>(), { a: [plant(1), plant(2)], b: [plant(3)] })

  expect(report).toMatchObject({ status: 'succeeded', concurrency: 1 })
  expect(report.notes).toContain('Splits run one at a time instead of 4: what they are written to has one order.')
  expect(text().split('\n').slice(0, 4)).toEqual([
    'id,name',
    '1,"plant 1, ""quoted"""',
    '2,"plant 2, ""quoted"""',
    '3,"plant 3, ""quoted"""',
  ])
})

it('a reader that is slow holds the run up, and gets everything', async () => {
  const through = new PassThrough({ highWaterMark: 1 })
  const reading = text(through)

  await toStream(through, ndjson<Plant>(), { a: Array.from({ length: 500 }, (_, id) => plant(id)) })
  through.end()

  expect((await reading).trim().split('\n')).toHaveLength(500)
})

it('a stream that is closed fails the run, by name', async () => {
  const stream = new PassThrough()
  stream.destroy()

  const report = await toStream(stream, ndjson<Plant>(), { a: [plant(1)] })

  expect(report).toMatchObject({
    status: 'failed',
    error: { code: 'ETL_SINK_UNAVAILABLE', message: expect.stringContaining('a stream') },
  })
})

describe('without any record', () => {
  const known = csv<Plant>({ columns: ['id', 'name'] })

  it('there is a header, as in a file', async () => {
    const { stream, text } = kept()

    await toStream(stream, known, { a: [], b: [] })

    expect(text()).toBe('id,name\n')
  })

  it('in the first split, the header stands once and before the records of the next', async () => {
    const [columnsKnown, columnsUnknown] = [kept(), kept()]

    await toStream(columnsKnown.stream, known, { a: [], b: [plant(3)] })
    await toStream(columnsUnknown.stream, csv<Plant>({ bom: true }), { a: [], b: [plant(3)] })

    expect(columnsKnown.text()).toBe('id,name\n3,"plant 3, ""quoted"""\n')
    expect(columnsUnknown.text()).toBe(`\uFEFF${columnsKnown.text()}`)
  })
})

it('a reader that has left is told as such, and stops a run whose signal says so', async () => {
  const pipe = () =>
    new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
  const stopping = pipe()
  const stop = new AbortController()
  stopping.on('error', () => stop.abort())

  const failed = await toStream(pipe(), ndjson<Plant>(), { a: [plant(1)] })
  const stopped = await toStream(stopping, ndjson<Plant>(), { a: [plant(1)] }, { signal: stop.signal })

  expect(failed).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('its reader has left') } })
  expect(stopped.status).toBe('stopped')
  expect(stopped.groups).toEqual([{ group: 'a', status: 'pending' }])
})

it('refuses formats that are whole only with their end', async () => {
  const schema = z.object({ id: z.number(), name: z.string() })
  const build = () =>
    from(arraySource<Plant>({ splits: { a: [plant(1)] } }))
      .validate(schema)
      .into(streamSink<Plant>({ stream: () => process.stdout, format: parquet<Plant>() }))

  await expect(run(definePipeline({ name: 'to-stream', build }))).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
})
