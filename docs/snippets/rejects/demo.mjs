// Records that did not arrive, from finding them to nothing left: the real command in a folder of its own, offline.
// `npm run demo:rejects`. The output is what docs/guide/rejects.md shows.
import { copyFileSync, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '@millrace/cli'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-rejects-')))

const write = text => process.stdout.write(text)
const title = text => write(`\n${text}\n${'-'.repeat(text.length)}\n\n`)

/** Runs the command as on a terminal of 100 columns that cannot move its cursor; returns what it said. */
async function millrace(...argv) {
  let said = ''
  const stream = {
    write(text) {
      said += text
      return write(text)
    },
  }
  write(`$ millrace ${argv.join(' ')}\n`)
  const code = await main(argv, { stdout: stream, stderr: stream, isTTY: true, columns: 100, env: { TERM: 'dumb' } })
  expect(`millrace ${argv[0]} ended with ${code}`, code === 0)
  return said
}

function expect(what, ok) {
  if (!ok) throw new Error(`This should not have happened: ${what}.`)
}

try {
  cpSync(join(here, 'in'), join(folder, 'in'), { recursive: true })
  copyFileSync(join(here, 'orders.ts'), join(folder, 'orders.ts'))
  // A project of its own would have installed these.
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'), 'junction')
  process.chdir(folder)

  title('1. Two files arrive, one with amounts the pipeline does not know')
  await millrace('run', 'orders.ts', '--load-id', '2025-03-04')

  title('2. What did not arrive, and why')
  await millrace('rejects', 'ls', 'orders.ts')

  title('3. The records themselves')
  await millrace('rejects', 'show', 'orders.ts')

  title('4. The step is fixed; what was rejected runs through it')
  write('$ cp orders.fixed.ts orders.ts\n')
  copyFileSync(join(here, 'orders.fixed.ts'), join(folder, 'orders.ts'))
  await millrace('rejects', 'replay', 'orders.ts')

  title('5. What is left never was an order')
  await millrace('rejects', 'show', 'orders.ts')
  await millrace('rejects', 'discard', 'orders.ts', '--yes')

  title('6. Nothing is left, and nothing is loaded twice')
  const left = await millrace('rejects', 'ls', 'orders.ts')
  expect('rejects are left', left.includes('has no rejects'))
  const next = await millrace('run', 'orders.ts')
  expect('the next run found something new', next.includes('unchanged'))
  write('$ cat out/monday.csv\n')
  const monday = readFileSync('out/monday.csv', 'utf8')
  write(monday)
  expect('an order is missing', monday.trimEnd().split('\n').length === 5)
} finally {
  process.chdir(here)
  rmSync(folder, { recursive: true, force: true })
}
