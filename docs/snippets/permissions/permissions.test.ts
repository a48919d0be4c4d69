import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '@millrace/cli'
import { expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'

const commands = readFileSync(join(import.meta.dirname, 'commands.sh'), 'utf8')
  .trim()
  .split('\n')
const page = readFileSync(join(repositoryRoot, 'docs/guide/permissions.md'), 'utf8')

async function printed(line: string) {
  let out = ''
  let err = ''
  const argv = line.replace(/#.*/, '').trim().split(/\s+/).slice(2)
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  return { code: await main(argv, { ...io, cwd: repositoryRoot, isTTY: false }), out, err }
}

test.each(commands)('%s prints a policy, and the page names all that is in it', async line => {
  const { code, out, err } = await printed(line)
  const actions: string[] = JSON.parse(out).Statement.flatMap(({ Action }: { readonly Action: string[] }) => Action)

  expect([code, err.includes('sink, staging:')]).toEqual([0, line.includes('--why')])
  expect(actions.filter(action => !page.includes(`\`${action}\``))).toEqual([])
})
