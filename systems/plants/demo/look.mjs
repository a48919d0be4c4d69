// What a reader sees: the database and the archive, asked with DuckDB itself, or with SQL Server's own client.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

/** Rows of a query on a database file, or on none at all. Values are JSON. */
export async function rowsOf(sql, file = ':memory:') {
  const instance = await DuckDBInstance.create(file, file === ':memory:' ? {} : { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Files that readers of a folder see: what begins with `_` is the pipeline's own. */
export function filesIn(folder, extension) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter(name => name.endsWith(extension) && !/(^|[/\\])_/.test(name))
    .sort()
}

// A moment is microseconds since 1970: the database has it as UTC without saying so, Parquet says so.
const known = `plant_id || ' at ' || epoch_us(recording_taken) AS reading`

const tables = ['country', 'city', 'botanist', 'plant', 'duty', 'reading']
const counting = `SELECT ${tables.map(name => `(SELECT count(*) FROM ${name}) AS ${name}`)}`

/** The database as a DuckDB file, opened anew for each look: another process writes it in between. */
export const duckdbFile = file => ({
  place: `duckdb:${file}`,
  /** The readings that are in it, each as plant and moment. */
  readings: async () => (await rowsOf(`SELECT ${known} FROM plant_readings ORDER BY 1`, file)).map(row => row.reading),
  /** How many rows each table has. */
  tableCounts: async () => (await rowsOf(counting, file))[0],
  close: async () => {},
})

/** The database on SQL Server, asked with Microsoft's client. Throws when it has tables of an earlier run. */
export async function sqlServerDatabase(place) {
  const { MILLRACE_SQLSERVER_USER: user, MILLRACE_SQLSERVER_PASSWORD: password } = process.env
  if (!user || !password) throw new Error('Set MILLRACE_SQLSERVER_USER and MILLRACE_SQLSERVER_PASSWORD.')
  const { hostname, port, pathname, searchParams } = new URL(place)
  const { default: mssql } = await import('mssql')
  const pool = new mssql.ConnectionPool({
    ...{ user, password, server: hostname, port: Number(port || 1433), database: decodeURIComponent(pathname.slice(1)) },
    options: {
      encrypt: searchParams.get('encrypt') !== 'false',
      trustServerCertificate: searchParams.get('trustServerCertificate') === 'true',
    },
  })
  await pool.connect()
  const rows = async sql => (await pool.query(sql)).recordset
  const names = [...tables, 'plant_readings'].map(name => `'${name}'`)
  const there = await rows(`SELECT name FROM sys.objects WHERE name IN (${names})`)
  if (there.length > 0) {
    await pool.close()
    throw new Error(`The database has ${there.map(({ name }) => name).join(', ')} already. Give the demo one of its own.`)
  }
  const moment = `CONCAT(plant_id, ' at ', DATEDIFF_BIG(MICROSECOND, '1970-01-01', recording_taken)) AS reading`
  return {
    place,
    readings: async () => (await rows(`SELECT ${moment} FROM plant_readings ORDER BY 1`)).map(row => row.reading),
    tableCounts: async () => (await rows(counting))[0],
    close: () => pool.close(),
  }
}

/** The readings that are in the archive. */
export async function inArchive(folder) {
  if (filesIn(folder, '.parquet').length === 0) return []
  const files = join(folder, 'readings/*/*/*/*/*.parquet').replaceAll("'", "''")
  return (await rowsOf(`SELECT ${known} FROM read_parquet('${files}') ORDER BY 1`)).map(row => row.reading)
}
