import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../tools/workspaces.mjs'

describe('the fast build', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-build-'))
    await put('package.json', JSON.stringify({ workspaces: ['packages/*'] }))
    await put('packages/a/package.json', packageJson('index', 'testing/index'))
    await put('packages/a/src/index.ts', "export const greet = async () => (await import('./far.js')).word\n")
    await put('packages/a/src/far.ts', "export const word: string = 'first'\n")
    await put('packages/a/src/testing/index.ts', "export { greet } from '../index.js'\n")
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  async function put(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }

  const packageJson = (...entries: string[]): string => {
    const exported = entries.map(entry => [`./${entry}`, { 'millrace-source': `./src/${entry}.ts` }])
    return JSON.stringify({ name: 'a', type: 'module', exports: Object.fromEntries(exported) })
  }
  const build = () => spawnSync(process.execPath, ['tools/build-js.mjs', root], { cwd: repositoryRoot, encoding: 'utf8' })
  const built = (name: string) => import(`${pathToFileURL(join(root, 'packages/a/dist', name)).href}?${performance.now()}`)

  test('builds every entry that package.json exports', async () => {
    expect(build().status).toBe(0)

    expect(await (await built('index.js')).greet()).toBe('first')
    expect((await built('testing/index.js')).greet).toBeTypeOf('function')
  })

  test('leaves no chunk of an earlier build, and nothing half-written', async () => {
    build()
    const before = readdirSync(join(root, 'packages/a/dist'))
    await put('packages/a/src/far.ts', "export const word: string = 'second'\n")
    build()

    const after = readdirSync(join(root, 'packages/a/dist'))
    expect(after).toHaveLength(before.length)
    expect(after).not.toEqual(before)
    expect(await (await built('index.js')).greet()).toBe('second')
  })

  test('keeps the CJS and declarations of the full build', async () => {
    await put('packages/a/dist/index.cjs', '')
    await put('packages/a/dist/index.d.ts', '')
    build()

    expect(readdirSync(join(root, 'packages/a/dist'))).toEqual(expect.arrayContaining(['index.cjs', 'index.d.ts']))
  })

  test('names the package that does not build, and builds the others', async () => {
    await put('packages/b/package.json', packageJson('index'))
    await put('packages/b/src/index.ts', "export * from './not-yet.js'\n")
    await put('packages/c/package.json', packageJson('index'))
    const { status, stderr } = build()

    expect(status).toBe(1)
    expect(stderr).toMatch(/^packages\/b: does not build\n.*Could not resolve ".\/not-yet.js"/s)
    expect(stderr).toContain('packages/c: package.json exports src/index.ts, which does not exist')
    expect(existsSync(join(root, 'packages/a/dist/index.js'))).toBe(true)
  })
})
