import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entriesOf, hasCjs, listWorkspaces, readJson, repositoryRoot, type Workspace } from '../tools/workspaces.mjs'
import { modulesIn } from './support/modules.js'

const workspaces = listWorkspaces()
const root = readJson(join(repositoryRoot, 'package.json'))

/** What `exports` must say for an entry, from the name of its source file alone. */
function expectedTarget(entry: string, cjs: boolean): unknown {
  const esm = { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` }
  const required = { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` }
  return { 'millrace-source': `./src/${entry}.ts`, import: esm, ...(cjs && { require: required }) }
}

describe.each(workspaces)('$path', ({ path, folder, manifest }: Workspace) => {
  test('has the files every package has', () => {
    const expected = ['README.md', 'LICENSE', 'tsconfig.json', 'tsup.config.ts', 'typedoc.json', 'src/index.ts']

    expect(expected.filter(file => !existsSync(join(folder, file)))).toEqual([])
  })

  test('carries the licence of the repository', () => {
    expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(repositoryRoot, 'LICENSE'), 'utf8'))
  })

  test('states what npm, bundlers and editors need', () => {
    expect(manifest).toMatchObject({
      name: path.startsWith('systems/') ? `@millrace/system-${basename(path)}` : `@millrace/${basename(path)}`,
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: root.engines,
      types: './dist/index.d.ts',
      module: './dist/index.js',
      scripts: { build: 'tsup' },
    })
    expect(manifest.description).toMatch(/^[A-Z].{20,}[^.]$/)
  })

  test('publishes what was built and neither sources nor tests', () => {
    expect(manifest.files).toContain('dist')
    expect(manifest.files).not.toContain('src')
    expect(manifest.files).not.toContain('test')
  })

  test('exports each entry from its source in development and from dist when installed', () => {
    const targets = Object.values(manifest.exports ?? {}).filter(target => typeof target !== 'string')
    const expected = Object.keys(entriesOf(manifest)).map(entry => expectedTarget(entry, hasCjs(manifest)))

    expect(targets).toEqual(expected)
    expect(manifest.exports?.['./package.json']).toBe('./package.json')
    expect(Object.keys(entriesOf(manifest))).toContain('index')
  })

  test('documents its main entry, and what else it exports', () => {
    const { entryPoints } = readJson(join(folder, 'typedoc.json'))

    expect(entryPoints).toContain('src/index.ts')
    expect(Object.values(entriesOf(manifest))).toEqual(expect.arrayContaining(entryPoints as string[]))
  })

  test('names its source files in kebab-case', () => {
    const names = modulesIn(folder, 'src').map(({ file }) => file)

    expect(names.filter(file => !/^src\/([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file))).toEqual([])
  })

  test('has no source file over 320 lines', () => {
    const long = modulesIn(folder, 'src').filter(({ lines }) => lines > 320)

    expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([])
  })
})

test('workspaces are released together, under one version', () => {
  expect(new Set(workspaces.map(({ manifest }) => manifest.version)).size).toBe(1)
})
