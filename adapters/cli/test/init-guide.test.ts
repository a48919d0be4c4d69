import { readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import { command, jsonLines, tempFolder } from './support/command.js'

const shown = join(repositoryRoot, 'docs/snippets/getting-started')
const lines = readFileSync(join(shown, 'new-project.sh'), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))

// What docs/guide/getting-started.md shows of a new project: its commands, and what they print on a terminal.
describe('the guide', () => {
  let cwd: string
  let next: readonly string[]
  beforeAll(async () => {
    const above = realpathSync(tempFolder())
    cwd = join(above, 'orders')
    symlinkSync(join(repositoryRoot, 'node_modules'), join(above, 'node_modules'), 'junction')
    const made = await command([...(lines[0] as string).split(' ').slice(2), '--json'], { cwd: above })
    next = (jsonLines(made.out)[0] as { next: string[] }).next
  })

  /** What a command of millrace prints in the project. Places are told where they are from there, and it always takes the same time. */
  const printed = async (line: string) => {
    const places = ['--from', `file:${cwd}/in`, '--to', `file:${cwd}/out`]
    const argv = [...line.split(' ').slice(2), ...places, ...(line.includes(' run ') ? ['--load-id', '2025-03-04'] : [])]
    const { out } = await command(argv, { cwd, isTTY: true, env: { TERM: 'dumb' } })
    return out.replaceAll(cwd, '.').replace(/\(\d+(\.\d)? m?s\)/, '(12 ms)')
  }

  test('shows the commands that init names, in their order', () => {
    const [init, ...rest] = lines

    expect(init).toBe('npx @millrace/cli init orders')
    expect(next.filter(step => rest.includes(step))).toEqual(next)
    expect(rest.slice(0, 3)).toEqual(next.slice(0, 3))
  })

  test('shows what the first run and its reject look like', async () => {
    const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as { scripts: { start: string } }

    await expect(await printed(`npx ${scripts.start}`)).toMatchFileSnapshot(join(shown, 'new-project.txt'))
    await expect(await printed(lines[5] as string)).toMatchFileSnapshot(join(shown, 'rejected.txt'))
  })
})
