import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definePipeline, from, parsePlace, run } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { folderPath } from '../src/folder/folder-connector.js'
import { folder, folderState, folderStore, memoryStore, objectsConnector } from '../src/index.js'
import { bytesOf } from './support/formats.js'
import { contents, visible } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

describe('the path of a place', () => {
  test.each([
    ['file:./out', './out'],
    ['file:out/deep', 'out/deep'],
    ['file:/abs/out', '/abs/out'],
    ['FILE:../up', '../up'],
    ['file:with space/50%25/ñ?#', 'with space/50%25/ñ?#'],
    ['file:///abs/with%20space/%C3%B1', '/abs/with space/ñ'],
    ['file://localhost/abs', '/abs'],
  ])('%s is %s', (place, path) => {
    expect(folderPath(parsePlace(place))).toBe(path)
  })

  test.each([
    ['file://server/share', /names the host "server"/],
    ['file:~/out', /begins with ~/],
    ['file:///a?b', /%3F/],
    ['file:///a%2Fb', /is no file URL/],
    ['file:a\0b', /NUL/],
  ])('%j is refused', (place, message) => {
    expect(() => folder.open(parsePlace(place))).toThrow(message)
  })
})

const rows = z.object({ id: z.string(), name: z.string(), millions: z.number() })

/** Copies every csv of one folder to another, as a user would write it. */
const copy = definePipeline({
  name: 'copy',
  connectors: [folder],
  params: z.object({ from: z.string(), to: z.string() }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.from, { format: csv<{ id: string; name: string }>(), suffix: '.csv' }))
      .derive({ millions: row => Number(row.id) / 1e6 })
      .validate(rows)
      .into(connect.objects(params.to, { path: '{stem}/{startedOn}.csv', latest: '{stem}/latest.csv', format: csv() })),
})

async function folders() {
  const root = await tempFolder()
  const input = folderStore(join(root, 'in'))
  await input.put('plants.csv', bytesOf('id,name\n1000000,"a, b"\n2000000,ñ\n'))
  await input.put('empty.csv', bytesOf('id,name\n'))
  return { root, input, params: { from: `file:${root}/in`, to: `file:${root}/out` }, out: folderStore(join(root, 'out')) }
}

describe('a pipeline from folder to folder', () => {
  test('publishes an object per file, keeps its state beside them, and leaves no staging', async () => {
    const { params, out, root } = await folders()

    const report = await run(copy, params)

    expect(report).toMatchObject({ status: 'succeeded', counts: { read: 2, written: 2 } })
    const objects = await visible(out)
    expect(objects['plants/latest.csv']).toBe('id,name,millions\n1000000,"a, b",1\n2000000,Ã±,2\n')
    expect(objects['empty/latest.csv']).toBe('id,name,millions\n')
    expect(Object.keys(objects)).toHaveLength(4)
    const left = (await treeOf(join(root, 'out'))).filter(path => !path.endsWith('/'))
    expect(left.filter(path => /staging|tmp\/|loads\//.test(path))).toEqual([])
    expect(left.filter(path => path.startsWith('_millrace/copy/'))).toHaveLength(
      2 + (await readdir(join(root, 'out/_millrace/copy/state/head'))).length + 1,
    )
  })

  test('finds nothing new the second time, and leaves every file as it is', async () => {
    const { params, out } = await folders()
    await run(copy, params)
    const before: string[] = []
    for await (const { key, etag } of out.list('')) before.push(`${key} ${etag}`)

    const report = await run(copy, params)

    const after: string[] = []
    for await (const { key, etag } of out.list('')) after.push(`${key} ${etag}`)
    expect(report.status).toBe('unchanged')
    expect(after).toEqual(before)
  })

  test('loads a file again that changed, and a group whose object someone removed', async () => {
    const { params, input, out } = await folders()
    await run(copy, params)
    await input.put('plants.csv', bytesOf('id,name\n3000000,new\n'))
    await out.delete(['empty/latest.csv'])

    const report = await run(copy, params)

    expect(report.groups.map(({ group, status }) => [group, status])).toEqual([
      ['empty.csv', 'published'],
      ['plants.csv', 'published'],
    ])
    expect(Object.keys(await visible(out))).toContain('empty/latest.csv')
    expect((await visible(out))['plants/latest.csv']).toContain('3000000,new')
  })

  test('begins anew when the destination is removed: its state was there', async () => {
    const { params, out } = await folders()
    await run(copy, params)
    const keys: string[] = []
    for await (const { key } of out.list('')) keys.push(key)
    await out.delete(keys)

    expect((await run(copy, params)).status).toBe('succeeded')
    expect(Object.keys(await visible(out))).toHaveLength(4)
  })

  test('goes on after a stop in the middle, to the same bytes', async () => {
    const { params, out, root } = await folders()
    const text = `id,name\n${Array.from({ length: 40_000 }, (_, id) => `${id},name of ${id}\n`).join('')}`
    await folderStore(join(root, 'in')).put('large.csv', bytesOf(text))
    const quiet = { ...params, to: `file:${root}/quiet` }
    await run(copy, quiet)
    const stop = new AbortController()
    const flushEvery = { batches: 1, intervalMs: 60_000 }
    const stopAt = (event: { type: string }) => void (event.type === 'split.saved' && stop.abort(new Error('a stop')))

    const first = await run(copy, params, { flushEvery, signal: stop.signal, onEvent: stopAt })
    const second = await run(copy, params, { flushEvery })

    expect([first.status, second.status]).toEqual(['stopped', 'succeeded'])
    expect(second.attempt).toBe(2)
    expect(await visible(out)).toEqual(await visible(folderStore(join(root, 'quiet'))))
  })

  test('says what a refused place is, and what to do', async () => {
    const { params, root } = await folders()
    const report = run(copy, { ...params, to: `file:${root}/in/plants.csv` })

    await expect(report).rejects.toMatchObject({
      code: 'ETL_STATE_DENIED',
      message: expect.stringContaining('A file lies where a folder is needed'),
    })
  })
})

test('a connector opens its store once, at first use, and again if that failed', async () => {
  const store = memoryStore()
  let opened = 0
  const connector = objectsConnector({
    scheme: 'memory',
    open: () => () => {
      if (opened++ === 0) throw new Error('away')
      return store
    },
  })
  const { home } = connector.open(parsePlace('memory:here'))
  expect(opened).toBe(0)

  await expect(home.state('app').load('head')).rejects.toThrow('away')
  await home.state('app').save('head', 1, 'absent')
  await home.state('other').save('head', 2, 'absent')

  expect(opened).toBe(2)
  expect(home.place).toBe('memory:here')
  expect(Object.keys(await contents(store))).toEqual(['_millrace/app/state/head.json', '_millrace/other/state/head.json'])
})

test('folderState keeps a pipeline’s state in a folder of its own', async () => {
  const root = join(await tempFolder(), 'deep/state')
  await folderState(root).save('head', { a: 1 }, 'absent')

  expect(JSON.parse(await readFile(join(root, 'head/00000001.json'), 'utf8'))).toMatchObject({ value: { a: 1 } })
})
