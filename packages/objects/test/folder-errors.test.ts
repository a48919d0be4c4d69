import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { fileError } from '../src/folder/errors.js'
import { folderState, folderStore } from '../src/index.js'
import { bytesOf } from './support/formats.js'
import { contents, textAt } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

/** A small file system of its own. Skips where mounting is not permitted. */
async function mounted(context: TestContext, options: string): Promise<string> {
  const root = await tempFolder()
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'millrace-test', root], { encoding: 'utf8' })
  if (status !== 0) context.skip(`mounting is not permitted here: ${stderr?.trim() || 'no mount command'}`)
  onTestFinished(() => void spawnSync('umount', ['-l', root]))
  return root
}

test('a full disk is ETL_SINK_FULL, worth another try, and leaves what was there', async context => {
  const root = await mounted(context, 'size=256k')
  const store = folderStore(root)
  await store.put('kept', bytesOf('kept'))

  const put = store.put('large', new Uint8Array(1 << 20))

  await expect(put).rejects.toMatchObject({ code: 'ETL_SINK_FULL', retry: 'later', context: { system: 'ENOSPC' } })
  expect(await contents(store)).toEqual({ kept: 'kept' })
  expect(await treeOf(join(root, '_millrace'))).toEqual(['tmp/'])
  await store.put('small', bytesOf('fits again'))
})

test('state on a full disk is unavailable for now, and stays as it was', async context => {
  const state = folderState(await mounted(context, 'size=128k'))
  const version = await state.save('head', 1, 'absent')

  await expect(state.save('head', 'x'.repeat(1 << 20), version)).rejects.toMatchObject({
    code: 'ETL_STATE_UNAVAILABLE',
    retry: 'later',
  })
  expect(await state.load('head')).toEqual({ value: 1, version })
})

test('a read-only file system is read, and refuses writing for good', async context => {
  const root = await mounted(context, 'size=256k')
  const store = folderStore(root)
  await store.put('a', bytesOf('x'))
  spawnSync('mount', ['-o', 'remount,ro', root])

  expect(await textAt(store, 'a')).toBe('x')
  await expect(folderStore(root).put('b', bytesOf('x'))).rejects.toMatchObject({
    code: 'ETL_SINK_DENIED',
    retry: 'never',
    message: expect.stringContaining('read-only'),
  })
  await expect(store.delete(['a'])).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })
})

test('folders that would have to be made on a read-only file system are refused for good, for objects and for state', async context => {
  const root = await mounted(context, 'size=256k,ro')

  for (const place of [root, join(root, 'made/when needed')]) {
    await expect(folderStore(place).put('deep/a', bytesOf('x'))).rejects.toMatchObject({
      code: 'ETL_SINK_DENIED',
      retry: 'never',
      message: expect.stringContaining('read-only'),
      context: { system: 'EROFS' },
    })
    await expect(folderState(place).save('head', 1, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_DENIED', retry: 'never' })
  }
})

test('many writers that need the same missing folders make them together', async () => {
  const root = join(await tempFolder(), 'a/b')
  const keys = Array.from({ length: 30 }, (_, at) => `c/d/e/${at % 3}/${at}`)

  await Promise.all(keys.map(key => folderStore(root).put(key, bytesOf(key))))

  expect(Object.keys(await contents(folderStore(root))).sort()).toEqual([...keys].sort())
})

test('a folder below that is another file system is refused, because nothing can be moved there in one step', async context => {
  const root = await tempFolder()
  const other = await mounted(context, 'size=256k')
  const inside = join(root, 'mounted')
  await mkdir(inside)
  spawnSync('mount', ['--bind', other, inside])
  onTestFinished(() => void spawnSync('umount', ['-l', inside]))

  await expect(folderStore(root).put('mounted/a', bytesOf('x'))).rejects.toMatchObject({
    code: 'ETL_SINK_DENIED',
    context: { system: 'EXDEV' },
  })
})

test('a folder where the object should be, and a name too long, are refused for good', async () => {
  const root = await tempFolder()
  const store = folderStore(root)
  await store.put('a/b', bytesOf('x'))

  for (const condition of [undefined, 'absent'] as const) {
    const put = store.put('a', bytesOf('x'), condition === undefined ? {} : { condition })
    await expect(put).rejects.toMatchObject({ code: 'ETL_SINK_DENIED', retry: 'never', context: { system: 'EISDIR' } })
  }
  await expect(store.put('x'.repeat(300), bytesOf('x'))).rejects.toMatchObject({
    code: 'ETL_SINK_DENIED',
    context: { system: 'ENAMETOOLONG' },
  })
})

test('a place that is a file cannot be written, and holds no objects', async () => {
  const path = join(await tempFolder(), 'file')
  await writeFile(path, 'x')
  const store = folderStore(path)

  await expect(store.put('a', bytesOf('x'))).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })
  expect(await store.head('a')).toBeUndefined()
  await expect(store.get('a')).rejects.toMatchObject({ code: 'ETL_OBJECT_NOT_FOUND' })
  expect(await contents(store)).toEqual({})
})

test('too many open files, a lost device and an unknown error are worth another try; a refusal is not', () => {
  const said = (code: string, side: 'read' | 'write') =>
    fileError(Object.assign(new Error(code), { code }), { side, place: 'file:x', key: 'k' })

  for (const code of ['EMFILE', 'ENFILE', 'EIO', 'ESTALE', 'EBUSY', 'ENEW']) {
    expect(said(code, 'write')).toMatchObject({ code: 'ETL_SINK_UNAVAILABLE', retry: 'later' })
    expect(said(code, 'read')).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', retry: 'later' })
  }
  expect(said('EDQUOT', 'write')).toMatchObject({ code: 'ETL_SINK_FULL', retry: 'later' })
  for (const code of ['EACCES', 'EPERM', 'EROFS']) {
    expect(said(code, 'write')).toMatchObject({ code: 'ETL_SINK_DENIED', retry: 'never' })
    expect(said(code, 'read')).toMatchObject({ code: 'ETL_SOURCE_DENIED', retry: 'never' })
  }
})
