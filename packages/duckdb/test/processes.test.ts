import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { databaseAt } from '../src/database.js'
import { execute, placeAt, query } from './support/places.js'
import { bundled, start } from './support/processes.js'
import { tempDatabase } from './support/temp.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

/** Holds a file open for as many milliseconds. */
const holder = `
  import { DuckDBInstance } from '@duckdb/node-api'
  const instance = await DuckDBInstance.create(process.argv[2])
  console.log('open')
  setTimeout(() => instance.closeSync(), Number(process.argv[3]))
`

describe('a file that another process has open', () => {
  test('is waited for', async () => {
    const path = await tempDatabase()
    const other = start(await bundled(holder), path, '700')
    await other.printed('open')

    await databaseAt(path, { lockWaitMs: 20_000 }).write(session => session.run('CREATE TABLE a (b INTEGER)'))

    expect(await query(path, 'SELECT count(*) AS n FROM a')).toEqual([{ n: '0' }])
  })

  test('is an error after a while that names file and process, and says what to do', async () => {
    const path = await tempDatabase()
    const other = start(await bundled(holder), path, '60000')
    await other.printed('open')
    const place = placeAt(path)

    const loading = place.home.state('test').load('head')

    await expect(loading).rejects.toMatchObject({
      code: 'ETL_STATE_UNAVAILABLE',
      retry: 'exhausted',
      context: { pid: other.process.pid },
    })
    await expect(loading).rejects.toThrow(new RegExp(`${path}.*Process ${other.process.pid} .*Close it there`))
  })

  test('is not waited for after the signal', async () => {
    const path = await tempDatabase()
    const other = start(await bundled(holder), path, '60000')
    await other.printed('open')
    const stop = new AbortController()
    const waiting = databaseAt(path).write(async () => undefined, stop.signal)

    stop.abort(new Error('the test stops'))

    await expect(waiting).rejects.toThrow('the test stops')
  })
})

describe('a file that is not used any more', () => {
  test('is free for another process soon, and has no log beside it', async () => {
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE a (b INTEGER)', 'INSERT INTO a VALUES (1)')

    await pause(600)

    expect(existsSync(`${path}.wal`)).toBe(false)
    const other = start(await bundled(holder), path, '0')
    expect(await other.ended()).toMatchObject({ code: 0, stdout: 'open\n' })
  })

  test('keeps no process alive, and is closed on its way out', async () => {
    const path = await tempDatabase()
    const script = await bundled(`
      import { databaseAt } from '../../src/database.js'
      await databaseAt(process.argv[2]).write(async session => { await session.run('CREATE TABLE a AS SELECT * FROM range(1000)') })
      process.on('exit', () => console.log(Math.round(performance.now() - done)))
      const done = performance.now()
    `)

    const { code, stdout } = await start(script, path).ended()

    expect({ code, wal: existsSync(`${path}.wal`) }).toEqual({ code: 0, wal: false })
    expect(Number(stdout)).toBeLessThan(200)
    expect(await query(path, 'SELECT count(*) AS n FROM a')).toEqual([{ n: '1000' }])
  })

  test('is another one when it was removed and made anew', async () => {
    const { rm } = await import('node:fs/promises')
    const path = await tempDatabase()
    await execute(path, 'CREATE TABLE a (b INTEGER)')
    await rm(path)
    await rm(`${path}.wal`, { force: true })

    await execute(path, 'CREATE TABLE a (b INTEGER)')

    expect(existsSync(path)).toBe(true)
  })
})

/** Loads 40 batches; says when some are in. With what is killed, the next run goes on. */
const loader = `
  import { definePipeline, from, run } from '@millrace/etl-core'
  import { column } from '@millrace/schema'
  import * as z from 'zod'
  import { duckdbFile } from '../../src/index.js'
  const [path, disposition, slow] = process.argv.slice(2)
  const schema = z.object({ id: column.int32(), name: column.string() })
  const source = {
    name: 'numbers', capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: ['a', 'b'].map(id => ({ id, params: null })) }),
    async *read(split, cursor = 0) {
      for (let at = cursor; at < 20; at++) {
        if (slow === 'slow') await new Promise(resolve => setTimeout(resolve, 20))
        yield { records: Array.from({ length: 50 }, (_, i) => ({ id: (split.id === 'b' ? 1000 : 0) + at * 50 + i, name: 'x' })), cursor: at + 1 }
      }
    },
  }
  const place = duckdbFile(path)
  const sinks = {
    append: () => place.table({ table: 'rows', schema }),
    merge: () => place.table({ table: 'rows', schema, disposition: 'merge', key: ['id'] }),
    replace: () => place.table({ table: 'rows', schema, disposition: 'replace' }),
    tables: () => place.tables({ schema, tables: { name: { columns: { name: 'name' }, key: ['name'] }, rows: { columns: { id: 'id' }, references: { n: 'name' }, key: ['id'], changes: 'keep' } } }),
  }
  let saved = 0
  const report = await run(definePipeline({ name: 'numbers', build: () => from(source).into(sinks[disposition]()) }), undefined, {
    loadId: 'trigger-1', flushEvery: { batches: 3, intervalMs: 100 },
    onEvent: event => { if (event.type === 'split.saved' && ++saved === 4) console.log('under way') },
  })
  console.log(report.status, report.attempt)
`

describe('a run that is killed in the middle of a load', () => {
  test.each(long ? ['append', 'merge', 'replace', 'tables'] : ['append', 'tables'])(
    'and run again has lost and doubled nothing: %s',
    async disposition => {
      const path = await tempDatabase()
      const script = await bundled(loader)
      const first = start(script, path, disposition, 'slow')
      await first.printed('under way')
      first.process.kill('SIGKILL')
      await first.ended()

      const second = await start(script, path, disposition, 'fast').ended()
      const third = await start(script, path, disposition, 'fast').ended()

      expect(second.stdout).toContain('succeeded 2')
      expect(third.stdout).toContain('unchanged')
      expect(await query(path, 'SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS last FROM rows')).toEqual([
        { n: '2000', ids: '2000', last: 1999 },
      ])
      expect(await query(path, 'SELECT count(*) AS n FROM _millrace_splits')).toEqual([{ n: '0' }])
      expect(await query(path, `SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%staged%'`)).toEqual([])
    },
  )
})
