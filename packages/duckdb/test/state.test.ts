import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describeStateStore } from '@millrace/etl-testkit'
import { expect, test } from 'vitest'
import { databaseAt } from '../src/database.js'
import { duckdbState } from '../src/state.js'
import { newFolder, tempDatabase } from './support/temp.js'

describeStateStore('state in a DuckDB file', {
  async open() {
    const { path, remove } = await newFolder()
    const another = () => duckdbState(databaseAt(join(path, 'state.duckdb')), 'duckdb:state.duckdb', 'test')
    return { store: another(), another, close: remove }
  },
})

test('pipelines in one file have state of their own', async () => {
  const database = databaseAt(await tempDatabase())
  const [one, other] = [duckdbState(database, 'duckdb:', 'one'), duckdbState(database, 'duckdb:', 'other')]

  await one.save('head', 1, 'absent')

  expect(await other.load('head')).toBeUndefined()
  expect((await one.load('head'))?.value).toBe(1)
})

test('looking for state makes no file', async () => {
  const path = await tempDatabase()
  const state = duckdbState(databaseAt(path), 'duckdb:', 'test')

  await state.load('head')
  for await (const _ of state.list(''));
  await state.remove('head', 'x').catch(() => undefined)

  expect(existsSync(path)).toBe(false)
})

test.each(['', 'a b', 'a//b', '../a', 'a/..', '/a', 'ü', 'x'.repeat(161)])('%j is refused as a key', async key => {
  const state = duckdbState(databaseAt(await tempDatabase()), 'duckdb:', 'test')

  await expect(state.load(key)).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
  await expect(state.save(key, 1, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
})
