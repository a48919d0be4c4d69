import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../tools/workspaces.mjs'

describe('the lock check', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-lock-'))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const check = async (packages: object, manifest: object = {}) => {
    await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }, null, 2))
    await writeFile(join(root, 'package.json'), JSON.stringify(manifest))
    const { status, stderr } = spawnSync(process.execPath, ['tools/check-lock.mjs', root], {
      cwd: repositoryRoot,
      encoding: 'utf8',
    })
    return { status, stderr }
  }

  test('accepts optional dependencies found beside a package or above it', async () => {
    const packages = {
      'node_modules/a': { optionalDependencies: { inner: '1', outer: '1' } },
      'node_modules/a/node_modules/inner': {},
      'node_modules/outer': {},
      'packages/p': { optionalDependencies: { outer: '1' } },
    }

    expect(await check(packages)).toEqual({ status: 0, stderr: '' })
  })

  test('names an optional dependency that is missing', async () => {
    const packages = {
      'node_modules/a': { optionalDependencies: { 'a-linux-arm': '1' } },
      'node_modules/b/node_modules/a-linux-arm': {},
    }
    const { status, stderr } = await check(packages)

    expect(status).toBe(1)
    expect(stderr).toContain('node_modules/a wants the optional a-linux-arm')
  })

  test('names a version that is not the overridden one', async () => {
    const { status, stderr } = await check(
      { 'node_modules/x/node_modules/a': { version: '2.0.0' } },
      { overrides: { a: '1.0.0' } },
    )

    expect(status).toBe(1)
    expect(stderr).toContain('node_modules/x/node_modules/a is 2.0.0, but package.json overrides it to 1.0.0')
  })

  test('names a registry that the lock is bound to', async () => {
    const { status, stderr } = await check({ 'node_modules/a': { resolved: 'https://registry.example.org/a/-/a-1.0.0.tgz' } })

    expect(status).toBe(1)
    expect(stderr).toContain('https://registry.example.org')
  })

  test('accepts the lock of this repository', () => {
    expect(spawnSync(process.execPath, ['tools/check-lock.mjs'], { cwd: repositoryRoot, encoding: 'utf8' }).stderr).toBe('')
  })
})
