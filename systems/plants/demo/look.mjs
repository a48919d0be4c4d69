// What a reader sees: the database and the archive, each asked with DuckDB itself.
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

/** The readings that are in the database, each as plant and moment. */
export const inDatabase = async file =>
  (await rowsOf(`SELECT ${known} FROM plant_readings ORDER BY 1`, file)).map(row => row.reading)

/** The readings that are in the archive. */
export async function inArchive(folder) {
  if (filesIn(folder, '.parquet').length === 0) return []
  const files = join(folder, 'readings/*/*/*/*/*.parquet').replaceAll("'", "''")
  return (await rowsOf(`SELECT ${known} FROM read_parquet('${files}') ORDER BY 1`)).map(row => row.reading)
}

/** How many rows each table has. */
export async function tableCounts(file) {
  const tables = ['country', 'city', 'botanist', 'plant', 'duty', 'reading']
  const [counts] = await rowsOf(`SELECT ${tables.map(name => `(SELECT count(*) FROM ${name}) AS ${name}`)}`, file)
  return counts
}
