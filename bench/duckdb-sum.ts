import { DuckDBInstance } from '@duckdb/node-api'

/** A checksum of all rows of the table `readings`, whatever their order: the same for files with the same rows. */
export async function duckdbSum(file: string): Promise<string> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const sum = 'SELECT count(*), sum(hash(reading_id, plant, CAST(taken AS TIMESTAMP), moisture, temperature)) FROM readings'
    return (await connection.runAndReadAll(sum)).getRowsJson().flat().join(' ')
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
