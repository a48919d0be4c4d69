import { DuckDBInstance } from '@duckdb/node-api'

const columns =
  "{iso3: 'VARCHAR', country: 'VARCHAR', indicator: 'VARCHAR', year: 'INTEGER', value: 'DOUBLE', unit: 'VARCHAR', lastupdated: 'VARCHAR'}"

/** The rows of a CSV file of indicators, with its types stated. An empty unit stays a text. */
export const indicatorsOf = (file: string): string =>
  `read_csv('${file}', header = true, columns = ${columns}, force_not_null = ['unit'])`

/** Runs one statement on one thread, in a database of its own in memory, and gives the rows it returns. */
export async function inDuckdb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjects()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
