import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { definePipeline, from, run } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { compareKeys } from '@millrace/objects'
import { s3Store } from '@millrace/s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type S3SourceOptions, s3Source } from '../src/index.js'

interface Row {
  readonly id: string
}

async function incoming() {
  const server = await s3Server({ buckets: ['incoming'] })
  onTestFinished(() => server.close())
  const { endpoint, credentials } = server.clientConfig()
  const reach = { bucket: 'incoming', endpoint, credentials, maxAttempts: 2 }
  const load = async (more: Partial<S3SourceOptions<Row>> = {}) => {
    const sink = memorySink<Row>({ disposition: 'replace' })
    const source = s3Source<Row>({ ...reach, format: csv<Row>(), ...more })
    const report = await run(definePipeline({ name: 'orders', build: () => from(source).into(sink) }))
    return { report, ids: sink.visible().map(({ id }) => id) }
  }
  return { server, load, store: s3Store(reach) }
}

const awkward = ['a b', 'a+b', '100%', 'a%20b', 'ñandú', '東京', '🚂/\ufffd', "it's (a) *!", 'a&b=c?d#e', 'two  blanks ', 'a\tb']

describe('keys of objects to read', () => {
  test.each(['listed', 'named'])('may hold blanks, pluses, percents, other scripts and emoji (%s)', async how => {
    const { server, load } = await incoming()
    for (const key of awkward) server.put('incoming', key, `id\n"${key}"\n`)

    const { report, ids } = await load(how === 'named' ? { keys: awkward } : {})

    expect([report.status, ids.sort()]).toEqual(['succeeded', [...awkward].sort()])
    expect(report.groups.map(({ group }) => group).sort()).toEqual([...awkward].sort())
  })

  test('may have 1,024 bytes; one of 1,025 is refused with the number, and not asked for', async () => {
    const { server, load } = await incoming()
    const key = `${'ñ/'.repeat(300)}${'x'.repeat(124)}`
    server.put('incoming', key, 'id\n1\n')

    const { ids } = await load()
    const asked = server.requests.length

    expect([Buffer.byteLength(key), ids]).toEqual([1_024, ['1']])
    await expect(load({ keys: [`${key}x`] })).rejects.toMatchObject({
      code: 'ETL_OBJECT_KEY',
      message: expect.stringContaining('1025 bytes in UTF-8, and S3 takes 1024'),
    })
    expect(server.requests.length).toBe(asked)
  })
})

describe('10,000 keys', () => {
  const names = Array.from(
    { length: 10_000 },
    (_, index) => `${['a', 'ñ', '東', '🚂'][index % 4]}/${String(index).padStart(5, '0')}`,
  )
  const keys = names.map((name, index) => `${name}${index % 2_500 < 4 ? '.csv' : '.txt'}`).sort(compareKeys)

  test('are listed page by page for a run, whose splits are in their order', async () => {
    const { server, load } = await incoming()
    for (const key of keys) server.put('incoming', key, `id\n${key}\n`)
    server.failWhen({ operation: 'ListObjectsV2', nth: 4 }, 'throttle')

    const { report, ids } = await load({ suffix: '.csv' })

    const wanted = keys.filter(key => key.endsWith('.csv'))
    expect([report.status, wanted.length, ids]).toEqual(['succeeded', 16, wanted])
    expect(report.splits.map(({ group }) => group)).toEqual(wanted)
    expect(server.requests.filter(({ operation }) => operation === 'ListObjectsV2')).toHaveLength(11)
  })

  test('take no more memory than a page of them', async () => {
    const { server, store } = await incoming()
    for (const key of keys) server.put('incoming', key, 'x')
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const held: number[] = []
    let count = 0

    for await (const _ of store.list('')) {
      if (++count % 2_500 !== 0) continue
      collectGarbage()
      held.push(process.memoryUsage().heapUsed)
    }

    // The first look pays for what is made once. 7,500 keys held on to would be 2 MiB and more.
    const [, second = 0, , last = 0] = held
    expect([count, last - second < 1 << 20]).toEqual([10_000, true])
  })
})
