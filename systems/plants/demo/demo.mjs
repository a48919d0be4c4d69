// Six minutes of a museum's plants in seconds, offline: a simulator of the API on loopback, the real command, DuckDB, an archive, and a kill.
// `npm run demo:plants`, or `npm run demo:plants -- --to sqlserver://host:port/database` with a database that has none of the tables.
// Ends with an error when something is not as it should be.
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { csv, decodeAll } from '@millrace/formats'
import { plantsServer } from '@millrace/source-plants/testing'
import { killedWhen, millrace } from './command.mjs'
import { duckdbFile, filesIn, inArchive, sqlServerDatabase } from './look.mjs'

const usage = 'npm run demo:plants, or npm run demo:plants -- --to sqlserver://host:port/database'

/** Ends with what whoever called has to change; a stack is for what should not have happened. */
function refuse(problem) {
  process.stderr.write(`demo:plants: ${problem}\n`)
  process.exit(1)
}

function flags() {
  try {
    return parseArgs({ options: { to: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values
  } catch (error) {
    return refuse(`${error.message}. Usage: ${usage}`)
  }
}

const { to, help } = flags()
if (help) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
if (to !== undefined && !to.startsWith('sqlserver://'))
  refuse('--to takes sqlserver://host:port/database. Without it the demo has a DuckDB file of its own.')

const onServer = to === undefined ? undefined : await sqlServerDatabase(to).catch(error => refuse(`${to}: ${error.message}`))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-plants-')))
const database = onServer ?? duckdbFile(join(folder, 'plants.duckdb'))
const shown = to ?? 'duckdb:./plants.duckdb'
const archive = join(folder, 'archive')
const beganAtMs = Date.now()

const say = text => process.stdout.write(`${text}\n`)
const title = text => say(`\n${text}\n${'-'.repeat(text.length)}\n`)

function expect(what, ok, detail) {
  if (!ok) throw new Error(`This should not have happened: ${what}.${detail === undefined ? '' : ` ${JSON.stringify(detail)}`}`)
}

const shortly = (day, what) =>
  ['min', 'mean', 'median', 'max'].map(of => `${of} ${Number(day[`${what}_${of}`]).toFixed(1)}`).join(', ')
const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`
const shared = (one, other) => one.filter(reading => other.includes(reading))

/** Every reading that was loaded is in the database or in the archive; `once`: not in both, and nowhere twice. */
async function whereAreThey(loaded, once) {
  const [stay, moved] = [await database.readings(), await inArchive(archive)]
  const missing = loaded.filter(reading => !stay.includes(reading) && !moved.includes(reading))
  expect('readings are in neither place', missing.length === 0, missing.slice(0, 5))
  expect('a reading is in the archive twice', new Set(moved).size === moved.length)
  expect('a reading is in the database twice', new Set(stay).size === stay.length)
  const both = shared(stay, moved).length
  if (once) expect('readings are in both places', both === 0 && stay.length + moved.length === loaded.length, { both })
  return { stay: stay.length, moved: moved.length, both }
}

// Three minutes before nine and three after: the archive gets the hour from eight to nine, and one minute of the next.
const server = await plantsServer({ generation: 3, seed: 7, now: '2026-06-01T07:58:00Z', faultRate: 0.02 })
try {
  const load = ['--api-url', server.url, '--to', database.place]

  title('1. Six minutes, one after the other')
  say(`millrace run plants --api-url http://127.0.0.1:<port>/plants --to ${shown}\n`)
  let written = 0
  const reasons = new Map()
  for (let minute = 0; minute < 6; minute++) {
    if (minute > 0) server.advance(60_000)
    const { counts, durationMs, rejects } = await millrace('plants', load, folder)
    const { faults, holes, loans } = counts.source
    written += counts.written
    for (const [reason, count] of Object.entries(rejects.byReason)) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    say(
      `  ${new Date(server.now()).toISOString().slice(11, 16)}  ${counts.written} readings, ${counted(counts.rejected, 'reject')}; ` +
        `${counted(faults, 'fault')}, ${counted(holes, 'hole')}, ${counted(loans, 'loan')}; ${durationMs} ms`,
    )
    expect('a plant was lost', counts.written + counts.rejected === 48, counts)
  }
  say('\n  Faults passed when asked again. Rejects are kept with their reason (millrace rejects ls plants):')
  for (const [reason, count] of reasons) say(`  ${String(count).padStart(4)}  ${reason}`)
  const loaded = await database.readings()
  expect('not every reading is in the database', loaded.length === written, { written, there: loaded.length })

  title('2. The last minute once more')
  const before = await database.tableCounts()
  await millrace('plants', load, folder)
  const after = await database.tableCounts()
  expect('a row was added', JSON.stringify(after) === JSON.stringify(before), { before, after })
  for (const [table, rows] of Object.entries(after)) say(`  ${table.padEnd(10)}${String(rows).padStart(5)} rows, as before`)

  title('3. What is older than a day moves to the archive; killed on the way')
  const move = ['--from', database.place, '--older-than', '24h', '--now', '2026-06-02T08:01:00Z', '--to', `file:${archive}`]
  say(`millrace run plants-archive --from ${shown} --older-than 24h --now 2026-06-02T08:01:00Z --to file:./archive\n`)
  // As soon as a reader of the archive could see something, and before the database is emptied.
  const killed = await killedWhen(() => filesIn(archive, '.parquet').length > 0, 'plants-archive', move, folder)
  expect('the move ended before it could be killed', killed.signal === 'SIGKILL', killed)
  const between = await whereAreThey(loaded, false)
  say(
    `  killed (SIGKILL): ${between.stay} in the database, ${between.moved} in the archive, ${between.both} in both, none in neither.`,
  )

  const report = await millrace('plants-archive', move, folder)
  const end = await whereAreThey(loaded, true)
  expect('nothing was moved', end.moved > 0 && end.stay > 0, end)
  say(
    `  run again:        ${end.stay} in the database, ${end.moved} in the archive, none in both, none in neither (attempt ${report.attempt}).\n`,
  )
  for (const file of filesIn(archive, '.parquet')) say(`  archive/${file}`)
  expect('a third run found something to do', (await millrace('plants-archive', move, folder)).status === 'unchanged')

  title('4. Out of the archive again')
  const out = join(folder, 'out.csv')
  const taken = await millrace('plants-retrieve', ['--from', `file:${archive}`, '--to', out], folder)
  const { records } = await decodeAll(csv(), readFileSync(out))
  const times = records.map(record => record.recording_taken)
  expect('not every reading came out', records.length === end.moved && taken.counts.written === end.moved, taken.counts)
  expect('readings are not in the order of their times', String(times) === String([...times].sort()))
  say(`  plants-retrieve --to out.csv: ${records.length} readings, ${times[0]} to ${times.at(-1)}`)
  await millrace('plants-daily', ['--from', `file:${archive}`, '--to', `file:${archive}`, '--day', '2026-06-01'], folder)
  const days = (await decodeAll(csv(), readFileSync(join(archive, 'daily/2026-06-01.csv')))).records
  const summed = days.reduce((sum, day) => sum + Number(day.readings), 0)
  expect('the day does not sum up all readings', summed === end.moved, { summed })
  say(`  plants-daily: ${days.length} plants in archive/daily/2026-06-01.csv, the first ${days[0].name}:`)
  say(`    moisture ${shortly(days[0], 'soil_moisture')}; temperature ${shortly(days[0], 'temperature')}`)

  title('Summary')
  say(`  ${loaded.length} readings loaded = ${end.stay} in the database + ${end.moved} in the archive, none twice.`)
  say(`  ${server.requests.length} requests, six minutes of the museum in ${((Date.now() - beganAtMs) / 1000).toFixed(1)} s.`)
} finally {
  await database.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}
