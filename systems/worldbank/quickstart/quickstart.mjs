// The main job, offline: recorded World Bank responses served on loopback, loaded by the real command, once killed in the middle.
// `node quickstart.mjs [folder]`; the folder is `out` in the project unless named.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { csv, decodeAll } from '@millrace/formats'
import { worldBankRecordings, worldBankServer } from '@millrace/source-worldbank/testing'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const command = join(root, 'adapters/cli/bin/millrace.js')
const data = await worldBankRecordings(fileURLToPath(new URL('../recordings', import.meta.url)))
const out = process.argv[2] === undefined ? join(root, 'out') : resolve(process.argv[2])
const indicators = 'SP.POP.TOTL,NY.GDP.MKTP.CD'

const say = text => process.stdout.write(`${text}\n`)
const title = text => say(`\n${text}\n${'-'.repeat(text.length)}`)

/** Runs the command; resolves with its exit code and events. `onEvent` may kill it. */
function millrace(flags, onEvent = () => {}) {
  const child = spawn(process.execPath, [command, 'run', 'worldbank', '--json', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const events = []
  let rest = ''
  let problems = ''
  child.stderr.on('data', chunk => {
    problems += chunk
  })
  child.stdout.setEncoding('utf8').on('data', chunk => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines.filter(Boolean)) {
      events.push(JSON.parse(line))
      onEvent(events.at(-1), child)
    }
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code, signal, events, problems, report: events.findLast(e => e.type === 'load.finished')?.report }),
    )
  })
}

function expect(what, ok, detail = '') {
  if (ok) return
  say(`\nThis should not have happened: ${what}.${detail ? `\n${detail}` : ''}`)
  process.exit(1)
}

function files(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('_millrace'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

const hash = file => createHash('sha256').update(readFileSync(file)).digest('hex')
const shown = file => relative(root, file)
/** As a person would write it. */
const place = name => (process.argv[2] === undefined ? `file:./out/${name}` : `file:${join(out, name)}`)
const list = folder => {
  for (const file of files(folder)) say(`  ${shown(file).padEnd(44)} ${String(statSync(file).size).padStart(10)} bytes`)
}

const server = await worldBankServer({ data })
// Slow enough to be killed in the middle.
const slowServer = await worldBankServer({ data, delayMs: 150 })
try {
  for (const name of ['csv', 'parquet', 'killed']) rmSync(join(out, name), { recursive: true, force: true })
  const common = ['--indicators', indicators, '--api-url', server.url]

  title('1. World Bank indicators to CSV')
  say(`millrace run worldbank --indicators ${indicators} --to ${place('csv')}`)
  const first = await millrace([...common, '--to', place('csv')])
  expect('the first run failed', first.code === 0, first.problems)
  say(`${first.report.counts.written} records in ${first.report.durationMs} ms, ${first.report.guarantee.delivery}:`)
  list(join(out, 'csv'))

  title('2. The same again')
  const before = files(join(out, 'csv')).map(file => statSync(file).mtimeMs)
  const second = await millrace([...common, '--to', place('csv')])
  expect('the second run was not "unchanged"', second.code === 0 && second.report.status === 'unchanged', second.problems)
  expect('a file was touched', String(files(join(out, 'csv')).map(file => statSync(file).mtimeMs)) === String(before))
  say('unchanged: nothing new at the source, no file touched.')

  title('3. The same to Parquet')
  say(`millrace run worldbank --indicators ${indicators} --format parquet --to ${place('parquet')}`)
  const third = await millrace([...common, '--format', 'parquet', '--to', place('parquet')])
  expect('the Parquet run failed', third.code === 0, third.problems)
  list(join(out, 'parquet'))

  title('4. Killed in the middle, and run again')
  const flags = ['--indicators', indicators, '--to', place('killed'), '--concurrency', '1', '--save-every', '0']
  const killed = await millrace([...flags, '--api-url', slowServer.url], (event, child) => {
    if (event.type === 'split.saved' && event.batchNo === 3) child.kill('SIGKILL')
  })
  expect('the run ended before it could be killed', killed.signal === 'SIGKILL', killed.problems)
  say(`killed (SIGKILL) after page 3: ${files(join(out, 'killed')).length} files visible, nothing half written.`)
  const again = await millrace([...flags, '--api-url', server.url])
  expect('the run after the kill failed', again.code === 0, again.problems)
  const resumedAt = again.events.find(event => event.type === 'split.started')?.resumedAtBatch
  say(`run again: attempt ${again.report.attempt}, went on after page ${resumedAt}.`)
  const same = files(join(out, 'killed')).every(file => hash(file) === hash(file.replace(/killed/, 'csv')))
  expect('the files differ from those of the undisturbed run', same && files(join(out, 'killed')).length === 4)
  say('files: identical to those of the undisturbed run, byte for byte.')

  title('A look inside')
  const { records } = await decodeAll(csv(), readFileSync(join(out, 'csv/SP.POP.TOTL/latest.csv')))
  const wanted = new Set(['BRA', 'FRA', 'IND', 'NGA', 'WLD'])
  const rows = records.filter(row => row.year === '2023' && wanted.has(row.country_iso3))
  say(`  ${'country'.padEnd(16)}${'year'.padEnd(6)}${'population'.padStart(14)}`)
  for (const row of rows) say(`  ${row.country_name.padEnd(16)}${row.year.padEnd(6)}${row.value.padStart(14)}`)

  title('Against the live API')
  say(`npx millrace run worldbank --indicators ${indicators} --date 2000:2024 --to file:./out/live`)
  say('\nData: World Development Indicators, The World Bank, CC BY 4.0.')
} finally {
  await Promise.all([server.close(), slowServer.close()])
}
