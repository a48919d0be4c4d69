import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunReport } from '@millrace/etl-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import { command, jsonLines, spawned, tempFolder } from './support/command.js'

// The project as `millrace init` makes it, with this repository's packages as its own. From packed ones: tools/check-packages.mjs.
let folder: string
beforeAll(async () => {
  folder = realpathSync(tempFolder())
  await command(['init'], { cwd: folder })
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'), 'junction')
})

const textOf = (file: string) => readFileSync(join(folder, file), 'utf8')
const millrace = async (line: string) => {
  const { code, out, err } = await spawned(line.split(' ').slice(2), { cwd: folder }).ended
  return { code, err, report: jsonLines(out).at(-1)?.report as RunReport }
}

/** The commands that its README shows, in order, without comments. */
const shown = () =>
  [...textOf('README.md').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n')
      .map(line => line.replace(/ *#.*$/, '')),
  )

describe('a new project', () => {
  test('has a README with the commands that init names, and with those for what was rejected', async () => {
    const [made] = jsonLines((await command(['init', '--json'])).out) as [{ next: string[] }]

    expect(shown()).toEqual([
      ...made.next,
      'npx millrace rejects show src/orders.ts',
      'npx millrace rejects replay src/orders.ts',
    ])
  })

  test('runs, shows what it rejected, and replays that once the pipeline is changed as its README says', async () => {
    const { scripts } = JSON.parse(textOf('package.json'))
    const [, , , show, replay] = shown() as [string, string, string, string, string]
    const first = await millrace(`npx ${scripts.start}`)
    const rejected = await spawned(show.split(' ').slice(2), { cwd: folder }).ended

    expect(first).toMatchObject({ code: 0, err: '', report: { status: 'succeeded', counts: { written: 4, rejected: 1 } } })
    expect(rejected.out).toContain('price: must be a number such as 12.50')
    expect(rejected.out).toContain('35,00')

    writeFileSync(join(folder, 'src/orders.ts'), textOf('src/orders.ts').replace('// .map', '.map'))

    expect(await millrace(replay)).toMatchObject({ code: 0, report: { counts: { written: 5, rejected: 0 } } })
    expect(textOf('out/orders.csv')).toContain('1003,Cleo,3,35.00,105.00\n')
    expect((await millrace(`npx ${scripts.start}`)).report.status).toBe('unchanged')
  })

  test('has a test that passes, also when its pipeline is changed so', () => {
    const { status, stdout } = npmTest(folder)

    expect(stdout).toMatch(/1 passed/)
    expect(status).toBe(0)
  })
})

describe('a new project inside a clone of the repository', () => {
  test('has its own test settings, not those of the repository', async () => {
    mkdirSync(join(repositoryRoot, 'out'), { recursive: true })
    const inside = mkdtempSync(join(repositoryRoot, 'out', 'new-project-'))
    try {
      expect(await command(['init'], { cwd: inside })).toMatchObject({ code: 0 })
      // Named, so that with the repository's settings it would not be all of the repository's tests that run.
      const { status, stdout } = npmTest(inside, ['--', 'test/orders.test.ts'])

      expect(stdout).toMatch(/Test Files.*1 passed/)
      expect(status).toBe(0)
    } finally {
      rmSync(inside, { recursive: true })
    }
  })
})

function npmTest(cwd: string, args: readonly string[] = []) {
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  return spawnSync('npm', ['test', ...args], { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' })
}
