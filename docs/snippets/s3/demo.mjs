// The World Bank pipeline into a bucket, offline: an S3 server and recorded responses on loopback, loaded by the real command.
// `npm run demo:s3` compares a bucket with a folder, also after a kill; `npm run demo:s3 -- --serve` leaves both servers to you.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { s3Server } from '@millrace/etl-testkit/s3'
import { worldBankRecordings, worldBankServer } from '@millrace/source-worldbank/testing'

const path = name => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'millrace-s3-'))
const data = await worldBankRecordings(path('systems/worldbank/recordings'))
const api = await worldBankServer({ data })
// Slow enough to be killed in the middle.
const slowApi = await worldBankServer({ data, delayMs: 150 })
const s3 = await s3Server({ buckets: ['lake'] })
const indicators = 'SP.POP.TOTL,NY.GDP.MKTP.CD'

const say = text => process.stdout.write(`${text}\n`)

/** Runs the command; `onEvent` may kill it. */
function worldbank(to, { from = api, onEvent = () => {} } = {}) {
  const flags = ['--indicators', indicators, '--api-url', from.url, '--to', to, '--json']
  say(`$ millrace run worldbank --indicators ${indicators} --to ${to.replace(folder, '.')}`)
  const child = spawn(process.execPath, [path('adapters/cli/bin/millrace.js'), 'run', 'worldbank', ...flags], {
    cwd: path('.'),
    env: { ...process.env, ...s3.env() },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let rest = ''
  let status = 'killed'
  child.stdout.setEncoding('utf8').on('data', chunk => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const event of lines.filter(Boolean).map(line => JSON.parse(line))) {
      if (event.type === 'load.finished') status = event.report.status
      onEvent(event, child)
    }
  })
  return new Promise(resolve => child.on('close', () => resolve(status))).then(ended => {
    say(`  ${ended}`)
    return ended
  })
}

function expect(what, ok) {
  if (!ok) throw new Error(`This should not have happened: ${what}.`)
}

const isData = name => !name.includes('_millrace')
const inFolder = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && isData(entry.parentPath))
    .map(entry => join(entry.parentPath, entry.name))
    .map(file => [relative(folder, file), readFileSync(file).toString('base64')])
    .sort()
const inBucket = prefix =>
  [...s3.objects('lake')]
    .filter(([key]) => key.startsWith(`${prefix}/`) && isData(key))
    .map(([key, bytes]) => [key.slice(prefix.length + 1), Buffer.from(bytes).toString('base64')])
    .sort()
const same = prefix => JSON.stringify(inBucket(prefix)) === JSON.stringify(inFolder())
const writes = () => s3.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length

async function serve() {
  say(
    'An S3 server with the bucket "lake", and the recorded World Bank API, until Ctrl-C. In another terminal, in this folder:\n',
  )
  for (const [name, value] of Object.entries(s3.env())) say(`export ${name}=${value}`)
  say(`\nnpx millrace run worldbank --indicators ${indicators} --api-url ${api.url} --to s3://lake/worldbank`)
  say('\nSlowly, and saved after every batch: press Ctrl-C in the middle, run it again, and it goes on.\n')
  say(
    `npx millrace run worldbank --indicators ${indicators} --api-url ${api.url} --to s3://lake/slowly --requests-per-second 2 --save-every 0`,
  )
  await new Promise(resolve => process.once('SIGINT', resolve))
}

async function show() {
  await worldbank(`file:${folder}`)
  await worldbank('s3://lake/worldbank')
  expect('the bucket and the folder hold other bytes', same('worldbank') && inFolder().length === 4)
  say('  the same four objects, byte by byte\n')

  const before = writes()
  expect('there was something new', (await worldbank('s3://lake/worldbank')) === 'unchanged')
  expect('a run that found nothing new wrote something', writes() === before)
  say('  nothing was written\n')

  const kill = (event, child) => event.type === 'split.progress' && child.kill('SIGKILL')
  expect('it was done before it was killed', (await worldbank('s3://lake/killed', { from: slowApi, onEvent: kill })) === 'killed')
  expect('something half written can be seen', inBucket('killed').length === 0)
  await worldbank('s3://lake/killed')
  expect('the bucket and the folder hold other bytes', same('killed'))
  expect('an upload is unfinished', s3.unfinishedUploads('lake').length === 0)
  say('  after the kill nothing was to be seen; now the same objects, and no unfinished upload')
}

try {
  await (process.argv.includes('--serve') ? serve() : show())
} finally {
  rmSync(folder, { recursive: true, force: true })
  for (const server of [api, slowApi, s3]) await server.close()
}
