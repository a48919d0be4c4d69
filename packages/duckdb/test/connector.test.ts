import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePlace } from '@millrace/etl-core'
import { expect, onTestFinished, test } from 'vitest'
import { duckdbError, FileHeld } from '../src/errors.js'
import { duckdb, duckdbWith } from '../src/index.js'

test.each([
  ['duckdb::memory:', 'a database in memory'],
  ['duckdb:~/plants.duckdb', 'begins with ~'],
  ['duckdb:./folder/', 'is a folder'],
  ['duckdb:.', 'is a folder'],
  ['duckdb:data/..', 'is a folder'],
  ['duckdb://host/plants', 'begins with //'],
  ['duckdb:md:plants', 'is not on this computer'],
])('%s is refused as a place', (place, problem) => {
  expect(() => duckdb.open(parsePlace(place))).toThrow(
    expect.objectContaining({ code: 'ETL_PLACE_INVALID', message: expect.stringContaining(problem) }),
  )
})

test('a folder is refused as a place when it is first used', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-duckdb-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { home } = duckdb.open(parsePlace(`duckdb:${folder}`))

  await expect(home.state('plants').load('head')).rejects.toMatchObject({
    code: 'ETL_PLACE_INVALID',
    message: expect.stringContaining('is a folder'),
  })
})

test('a relative place is relative to the folder that its caller names', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'millrace-duckdb-'))
  onTestFinished(() => rm(cwd, { recursive: true }))
  const { home } = duckdb.open({ ...parsePlace('duckdb:./plants.duckdb'), cwd })

  await home.state('plants').save('head', 1, 'absent')

  expect(home.place).toBe('duckdb:./plants.duckdb')
  expect(await readdir(cwd)).toContain('plants.duckdb')
})

test('a place is opened without touching the file', () => {
  expect(duckdbWith({ lockWaitMs: 1 }).open(parsePlace('duckdb:/nowhere/at/all.duckdb')).home.place).toBe(
    'duckdb:/nowhere/at/all.duckdb',
  )
})

const action = { side: 'sink', place: 'duckdb:a.duckdb', doing: 'write table a' } as const

test.each([
  ['IO Error: Could not write all bytes: No space left on device', 'ETL_SINK_FULL', 'later'],
  ['IO Error: Cannot open file "a.duckdb": Permission denied', 'ETL_SINK_DENIED', 'never'],
  [
    'Invalid Input Error: Cannot execute statement of type "INSERT" on database "a" which is attached in read-only mode!',
    'ETL_SINK_DENIED',
    'never',
  ],
  ['IO Error: The file "a" exists, but it is not a valid DuckDB database file!', 'ETL_SINK_MALFORMED', 'never'],
  ['TransactionContext Error: Conflict on tuple deletion!', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['Out of Memory Error: failed to allocate data', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['FATAL Error: Failed: database has been invalidated', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['Constraint Error: Duplicate key', 'ETL_SINK_REFUSED', 'never'],
  ['Catalog Error: Column does not exist', 'ETL_SINK_REFUSED', 'never'],
  ['IO Error: Could not read', 'ETL_SINK_UNAVAILABLE', 'later'],
  ['Something new', 'ETL_SINK_REFUSED', 'never'],
])('%s is %s, %s', (message, code, retry) => {
  expect(duckdbError(new Error(message), action)).toMatchObject({ code, retry, context: { place: 'duckdb:a.duckdb' } })
})

test('errors that are none of the database’s stay what they are', () => {
  const slip = new TypeError('x is not a function')

  expect(duckdbError(slip, action)).toBe(slip)
  expect(duckdbError('text', action)).toBe('text')
})

test('a file in other hands is said so, also when it is not known in whose', () => {
  expect(duckdbError(new FileHeld(undefined, undefined, 30_000, null), { ...action, side: 'source' })).toMatchObject({
    code: 'ETL_SOURCE_UNAVAILABLE',
    retry: 'exhausted',
    message: expect.stringContaining('Another process has the file open'),
  })
})
