import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../tools/workspaces.mjs'

interface Diagnostic {
  readonly category: string
  readonly location: { readonly path: string; readonly start: { readonly line: number } }
}

describe('biome, with the configuration of this repository', () => {
  let folder: string
  let found: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-lint-'))
    copyFileSync(join(repositoryRoot, 'biome.json'), join(folder, 'biome.json'))
    await put('save.ts', 'export async function save(): Promise<void> {\n  await Promise.resolve()\n}\n')
    await put('floating.ts', "import { save } from './save.js'\n\nexport function run(): void {\n  save()\n}\n")
    await put('any.ts', 'export const loose = (value: any): unknown => value\n')
    await put('good.ts', "import { save } from './save.js'\n\nexport async function run(): Promise<void> {\n  await save()\n}\n")
    await put('test/fixtures/any.ts', 'export const loose = (value: any): unknown => value\n')
    await put('test/recordings/page.json', '{ "as"  :  "recorded" }')
    found = check()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function put(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }

  function check(): string[] {
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome')
    const options = ['--reporter=json', '--vcs-enabled=false']
    const { stdout } = spawnSync(process.execPath, [biome, 'check', ...options, '.'], { cwd: folder, encoding: 'utf8' })
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
    return diagnostics.map(({ category, location }) => `${location.path}:${location.start.line} ${category}`).sort()
  }

  test('reports a promise nobody waits for, and `any`, and nothing else', () => {
    expect(found).toEqual(['any.ts:1 lint/suspicious/noExplicitAny', 'floating.ts:4 lint/nursery/noFloatingPromises'])
  })
})
