import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { installedPipelines } from '../src/load/installed.js'
import { command, jsonLines, tempFolder } from './support/command.js'

function manifest(folder: string, content: object): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content))
  return folder
}

const offering = (name: string, pipelines: Record<string, string>) => ({ name, millrace: { pipelines } })
const nowhere = pathToFileURL(join(tempFolder(), 'bin.js'))

describe('installed pipelines', () => {
  test('are those of the project itself and of what it depends on, found from any folder inside it', () => {
    const root = manifest(tempFolder(), {
      ...offering('own', { mine: './mine.ts' }),
      dependencies: { dep: '1', '@acme/etl': '1' },
    })
    manifest(join(root, 'node_modules/dep'), offering('dep', { theirs: './dist/a.js' }))
    manifest(join(root, 'node_modules/@acme/etl'), offering('@acme/etl', { acme: './a.js' }))
    manifest(join(root, 'node_modules/unlisted'), offering('unlisted', { hidden: './a.js' }))
    mkdirSync(join(root, 'deep/er'), { recursive: true })

    const found = installedPipelines(join(root, 'deep/er'), nowhere)

    expect(found.map(each => each.name)).toEqual(['mine', 'theirs', 'acme'])
    expect(found[1]?.file).toBe(join(root, 'node_modules/dep/dist/a.js'))
  })

  test('are found in a node_modules above the project, as in a workspace', () => {
    const root = manifest(tempFolder(), { name: 'root' })
    manifest(join(root, 'node_modules/dep'), offering('dep', { theirs: './a.js' }))
    const member = manifest(join(root, 'apps/one'), { name: 'one', devDependencies: { dep: '1' } })

    expect(installedPipelines(member, nowhere).map(each => each.name)).toEqual(['theirs'])
  })

  test('are those beside the command too, from any directory; the nearer of two with one name is meant', () => {
    const home = tempFolder()
    manifest(join(home, 'node_modules/@millrace/system-a'), offering('@millrace/system-a', { a: './a.js', both: './far.js' }))
    const bin = pathToFileURL(join(home, 'node_modules/@millrace/cli/dist/index.js'))
    const project = manifest(tempFolder(), offering('own', { both: './near.ts' }))

    const found = installedPipelines(project, bin)

    expect(found.map(each => [each.name, each.package])).toEqual([
      ['both', 'own'],
      ['a', '@millrace/system-a'],
    ])
  })

  test('a package.json that is broken or says something else offers nothing', () => {
    const root = tempFolder()
    writeFileSync(join(root, 'package.json'), '{ "millrace": ')

    expect(installedPipelines(root, nowhere)).toEqual([])
    expect(installedPipelines(manifest(tempFolder(), { millrace: { pipelines: ['a'] } }), nowhere)).toEqual([])
  })
})

describe('millrace list', () => {
  const project = () => {
    const root = manifest(tempFolder(), offering('own', { good: './good.mjs', broken: './gone.js' }))
    const pipeline =
      "Object.assign(Object.create(null), { name: 'good', description: 'Does good', [Symbol.for('millrace.pipeline')]: true })"
    writeFileSync(join(root, 'good.mjs'), `export default ${pipeline}\n`)
    return root
  }

  test('shows what each does, and why one cannot be loaded', async () => {
    const { code, out } = await command(['list'], { cwd: project() })

    expect(code).toBe(0)
    expect(out).toMatch(/^good +Does good \(own\)$/m)
    expect(out).toMatch(/^broken +cannot be loaded: .*gone\.js, and that file is not there.*\(own\)$/m)
  })

  test('as JSON for programs', async () => {
    const [listed] = jsonLines((await command(['list', '--json'], { cwd: project() })).out) as unknown as [object[]]

    expect(listed).toContainEqual(expect.objectContaining({ name: 'good', package: 'own', description: 'Does good' }))
  })
})

test('an unknown name is answered with the nearest and all there are', async () => {
  const root = manifest(tempFolder(), offering('own', { population: './a.ts' }))
  const { code, err } = await command(['run', 'populatoin'], { cwd: root })

  expect(code).toBe(2)
  expect(err).toMatch(/No pipeline is called "populatoin"\. Did you mean "population"\? Installed: .*population/)
})

test('a name whose file lies there is answered with the file', async () => {
  const root = tempFolder()
  writeFileSync(join(root, 'orders.ts'), '')

  expect((await command(['run', 'orders'], { cwd: root })).err).toContain('Did you mean the file orders.ts?')
})
