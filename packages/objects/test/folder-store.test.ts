import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isEtlError } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { folderStore } from '../src/index.js'
import { bytesOf } from './support/formats.js'
import { bundled } from './support/processes.js'
import { textAt } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

describe('what lies in the folder', () => {
  test('is nothing before the first write, whatever is read', async () => {
    const root = join(await tempFolder(), 'out')
    const store = folderStore(root)

    await store.head('a')
    await store.get('a').catch(() => undefined)
    for await (const _ of store.list(''));
    await store.delete(['a'])

    await expect(stat(root)).rejects.toThrow('ENOENT')
  })

  test('is the object and an empty folder for temporary files after a write, and only that one after its removal', async () => {
    const root = await tempFolder()
    const store = folderStore(root)

    await store.put('2025/02/a.csv', bytesOf('x'))
    expect(await treeOf(root)).toEqual(['2025/', '2025/02/', '2025/02/a.csv', '_millrace/', '_millrace/tmp/'])
    await store.delete(['2025/02/a.csv'])

    expect(await treeOf(root)).toEqual(['_millrace/', '_millrace/tmp/'])
  })

  test('is no half-written file after a refused write', async () => {
    const root = await tempFolder()
    const store = folderStore(root)
    await store.put('a', bytesOf('1'))

    await expect(store.put('a', bytesOf('2'), { condition: 'absent' })).rejects.toMatchObject({ code: 'ETL_OBJECT_CONFLICT' })

    expect(await readdir(join(root, '_millrace/tmp'))).toEqual([])
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('1')
  })

  test('may come from someone else: a file put there is an object, and a linked one is read', async () => {
    const root = await tempFolder()
    const elsewhere = await tempFolder()
    await writeFile(join(elsewhere, 'data.csv'), 'linked')
    await writeFile(join(root, 'by-hand.csv'), 'plain')
    await symlink(join(elsewhere, 'data.csv'), join(root, 'linked.csv'))
    await symlink(elsewhere, join(root, 'folder'))
    const store = folderStore(root)

    const keys = []
    for await (const { key } of store.list('')) keys.push(key)

    expect(keys).toEqual(['by-hand.csv', 'linked.csv'])
    expect(await textAt(store, 'linked.csv')).toBe('linked')
  })
})

describe('a symbolic link that leads out of the folder', () => {
  test('is not written through, and not deleted through', async () => {
    const root = await tempFolder()
    const elsewhere = await tempFolder()
    await writeFile(join(elsewhere, 'precious'), 'theirs')
    await symlink(elsewhere, join(root, 'out'))
    const store = folderStore(root)

    await expect(store.put('out/new', bytesOf('x'))).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })
    await expect(store.put('out/deep/new', bytesOf('x'))).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })
    await expect(store.delete(['out/precious'])).rejects.toMatchObject({ code: 'ETL_SINK_DENIED' })

    expect(await treeOf(elsewhere)).toEqual(['precious'])
  })

  test('is replaced, not followed, where an object is to be', async () => {
    const root = await tempFolder()
    const elsewhere = await tempFolder()
    await writeFile(join(elsewhere, 'theirs'), 'theirs')
    await symlink(join(elsewhere, 'theirs'), join(root, 'a'))

    await folderStore(root).put('a', bytesOf('ours'))

    expect(await readFile(join(elsewhere, 'theirs'), 'utf8')).toBe('theirs')
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('ours')
  })
})

describe('versions', () => {
  test('differ between writes of the same size in one instant, though file numbers are used again', async () => {
    const store = folderStore(await tempFolder())
    const etags = new Set<string>()
    for (let count = 0; count < 200; count++) etags.add((await store.put('a', bytesOf('same size'))).etag)

    expect(etags.size).toBe(200)
  })

  test('change when a file is written into in place', async () => {
    const root = await tempFolder()
    const store = folderStore(root)
    const { etag } = await store.put('a', bytesOf('before'))
    await writeFile(join(root, 'a'), 'beyond')

    await expect(store.put('a', bytesOf('ours'), { condition: { etag } })).rejects.toMatchObject({ code: 'ETL_OBJECT_CONFLICT' })
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('beyond')
  })

  test('a file that is written into while it is read on condition ends in a conflict, not in a mixture', async () => {
    const root = await tempFolder()
    const store = folderStore(root)
    const { etag } = await store.put('a', new Uint8Array(300_000))
    const read = async () => {
      let first = true
      for await (const _ of (await store.get('a', { ifMatch: etag })).body) {
        if (first) await writeFile(join(root, 'a'), new Uint8Array(300_000).fill(1))
        first = false
      }
    }

    await expect(read()).rejects.toMatchObject({ code: 'ETL_OBJECT_CONFLICT' })
  })
})

describe('temporary files', () => {
  test('of a process that was killed while writing are removed by the next writer, and not by a reader', async () => {
    const root = await tempFolder()
    const script = await bundled(`
      import { folderStore } from '@millrace/objects'
      const endless = async function* () {
        for (;;) { yield new Uint8Array(1000); process.stdout.write('.'); await new Promise(done => setTimeout(done, 5)) }
      }
      await folderStore(process.argv[2]).put('never', endless())
    `)
    const writer = spawn(process.execPath, [script, root], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(writer.stdout, 'data')
    const left = async () => (await readdir(join(root, '_millrace/tmp'))).length
    const store = folderStore(root)
    await store.put('while-it-lives', bytesOf('x'))
    expect(await left()).toBe(1)

    writer.kill('SIGKILL')
    await once(writer, 'exit')
    for await (const _ of folderStore(root).list(''));
    expect(await left()).toBe(1)
    await folderStore(root).put('after', bytesOf('x'))

    expect(await left()).toBe(0)
    expect(await store.head('never')).toBeUndefined()
  })

  test('of another host stay for a week, and what is not ours for ever', async () => {
    const root = await tempFolder()
    const folder = join(root, '_millrace/tmp')
    await mkdir(folder, { recursive: true })
    const old = new Date(Date.now() - 8 * 24 * 3_600_000)
    for (const name of ['0123456789ab~1~1~aa', '0123456789ab~1~1~bb', 'someones']) await writeFile(join(folder, name), 'x')
    for (const name of ['0123456789ab~1~1~bb', 'someones']) await utimes(join(folder, name), old, old)

    await folderStore(root).put('a', bytesOf('x'))

    expect(await readdir(folder)).toEqual(['0123456789ab~1~1~aa', 'someones'])
  })
})

test('an empty folder that someone removes while it is used is made again', async () => {
  const root = await tempFolder()
  const [writer, remover] = [folderStore(root), folderStore(root)]
  let over = false
  const remove = async () => {
    while (!over) await remover.delete(['deep/er/other'])
  }
  const churn = async () => {
    while (!over) {
      await remover.put('deep/er/other', bytesOf('x'))
      await remover.delete(['deep/er/other'])
    }
  }
  const disturbing = [remove(), churn()]

  for (let count = 0; count < 100; count++) {
    await writer.put('deep/er/file', bytesOf('x'))
    await writer.delete(['deep/er/file'])
  }
  over = true

  await Promise.all(disturbing)
})

test('a relative path is relative to the working directory of its first use', async () => {
  const before = process.cwd()
  const [one, two] = [await tempFolder(), await tempFolder()]
  const store = folderStore('out')
  try {
    process.chdir(one)
    await store.put('a', bytesOf('x'))
    process.chdir(two)
    await store.put('b', bytesOf('x'))
  } finally {
    process.chdir(before)
  }

  expect(await readdir(join(one, 'out'))).toEqual(expect.arrayContaining(['a', 'b']))
})

test('an error is ours, names the place, and keeps the system error as its cause', async () => {
  const root = await tempFolder()
  await writeFile(join(root, 'file'), 'x')

  const error = await folderStore(root, { place: 'file:out' })
    .put('file/below/it', bytesOf('x'))
    .catch((failure: unknown) => failure)

  expect(isEtlError(error, 'ETL_SINK_DENIED')).toBe(true)
  expect(error).toMatchObject({
    retry: 'never',
    message: expect.stringContaining(
      'Could not write "file/below/it" in file:out: ENOTDIR. A file lies where a folder is needed',
    ),
    context: { place: 'file:out', key: 'file/below/it', system: 'ENOTDIR' },
    cause: { code: 'ENOTDIR' },
  })
})
