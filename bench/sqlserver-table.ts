import sql from 'mssql'
import { sqlServerOfBench } from './sqlserver-place.js'

/** Runs `work` with connections to the server, and closes them. */
export async function withServer<R>(work: (pool: sql.ConnectionPool) => Promise<R>): Promise<R> {
  const { url, user, password } = sqlServerOfBench()
  const pool = await new sql.ConnectionPool({
    server: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    database: decodeURIComponent(url.pathname.slice(1)),
    user,
    password,
    options: {
      encrypt: url.searchParams.get('encrypt') !== 'false',
      trustServerCertificate: url.searchParams.get('trustServerCertificate') === 'true',
      useUTC: true,
    },
  }).connect()
  try {
    return await work(pool)
  } finally {
    await pool.close()
  }
}

/** Makes room for a run: whoever runs makes the table. */
export async function emptyTable(table: string): Promise<void> {
  await withServer(pool => pool.query(`IF OBJECT_ID('dbo.${table}') IS NOT NULL DROP TABLE dbo.${table}`))
}

const sums = [
  'COUNT(*) AS n',
  'SUM(CAST(reading_id AS BIGINT)) AS ids',
  'SUM(CAST(LEN(plant) AS BIGINT)) AS names',
  'MAX(taken) AS newest',
  'SUM(CAST(moisture * 1000 AS BIGINT)) AS moisture',
  'SUM(CAST(temperature * 1000 AS BIGINT)) AS temperature',
]

/** Sums over all rows of a table of readings: the same for tables with the same rows. */
export async function sqlServerSum(table: string): Promise<string> {
  const { recordset } = await withServer(pool => pool.query(`SELECT ${sums.join(', ')} FROM dbo.${table}`))
  return JSON.stringify(recordset)
}
