import { definePipeline, from, run } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import { sqlServer } from '@millrace/sqlserver'
import mssql from 'mssql'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { printed, scratch, snippet } from '../duckdb/scratch.js'
import readings from './readings.js'
import { sqlServer as withVault } from './vault.js'

afterEach(() => void vi.unstubAllEnvs())

describe('the pipeline of the guide, without a server', () => {
  it('says what it is made of', async () => {
    using world = scratch('duckdb/in')

    const said = await printed(world.folder, 'explain', snippet('sql-server/readings.ts'))

    await expect(said).toMatchFileSnapshot('./explain.txt')
  })

  it('names what is missing, before anything is read', async () => {
    using world = scratch('duckdb/in')
    const to = (place: string) => run(readings, { from: world.places.from, to: place })
    vi.stubEnv('MILLRACE_SQLSERVER_USER', '')

    await expect(to('sqlserver://127.0.0.1:9/plants')).rejects.toMatchObject({ code: 'ETL_CONFIG_CREDENTIALS' })
    await expect(to('sqlserver://sa:secret@127.0.0.1:9/plants')).rejects.toMatchObject({ code: 'ETL_PLACE_SECRET' })
    await expect(to('sqlserver://127.0.0.1:9')).rejects.toMatchObject({ code: 'ETL_PLACE_INVALID' })
  })

  it('takes no text without a length as a key', async () => {
    using world = scratch('duckdb/in')
    const endless = z.object({ plant: column.string() })
    const pipeline = definePipeline({
      name: 'endless',
      connectors: [folder, sqlServer],
      build: ({ connect }) =>
        from(connect.objectsFrom(world.places.from, { format: ndjson() }))
          .validate(endless)
          .into(connect.table('sqlserver://db.example.com/plants', { table: 'readings', disposition: 'merge', key: ['plant'] })),
    })

    await expect(run(pipeline)).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining('(200)') })
  })

  it('asks for credentials when it connects, and not before', () => {
    expect(withVault.scheme).toBe('sqlserver')
  })
})

const address = process.env.MILLRACE_TEST_SQLSERVER

describe.skipIf(!address)('the pipeline of the guide, on a real server', () => {
  it('makes and fills its table, once', async () => {
    using world = scratch('duckdb/in')
    const url = new URL(address as string)
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    vi.stubEnv('MILLRACE_SQLSERVER_USER', user)
    vi.stubEnv('MILLRACE_SQLSERVER_PASSWORD', password)
    url.username = ''
    url.password = ''
    const pool = await new mssql.ConnectionPool({
      ...{ user, password, server: url.hostname, port: Number(url.port || 1433), database: url.pathname.slice(1) },
      options: {
        encrypt: url.searchParams.get('encrypt') !== 'false',
        trustServerCertificate: url.searchParams.get('trustServerCertificate') === 'true',
      },
    }).connect()
    const clean = `DROP TABLE IF EXISTS readings; IF OBJECT_ID('_millrace_state') IS NOT NULL DELETE FROM _millrace_state WHERE pipeline = 'readings'`
    await pool.query(clean)

    const reports = [
      await run(readings, { from: world.places.from, to: url.href }),
      await run(readings, { from: world.places.from, to: url.href }),
    ]

    expect(reports.map(({ status }) => status)).toEqual(['succeeded', 'unchanged'])
    const { recordset } = await pool.query('SELECT plant, CAST(moisture AS VARCHAR(9)) AS moisture FROM readings ORDER BY plant')
    expect(recordset).toEqual([
      { plant: 'fern', moisture: '41.75' },
      { plant: 'palm', moisture: '17.25' },
    ])
    await pool.query(clean)
    await pool.close()
  })
})
