import sql from 'mssql'
import type { Run } from '../case.js'
import { type Reading, readingAt } from '../readings.js'
import { emptyTable, sqlServerSum, withServer } from '../sqlserver-table.js'

const make =
  'CREATE TABLE dbo.bench_peer (reading_id INT NOT NULL, plant NVARCHAR(60) NOT NULL, taken DATETIME2(3) NOT NULL, moisture FLOAT NOT NULL, temperature FLOAT NULL)'
/** Of five parameters each: a statement takes 2,100. */
const rowsPerInsert = 400

const types: readonly (readonly [keyof Reading, sql.ISqlType | (() => sql.ISqlType)])[] = [
  ['reading_id', sql.Int],
  ['plant', sql.NVarChar(60)],
  ['taken', sql.DateTime2(3)],
  ['moisture', sql.Float],
  ['temperature', sql.Float],
]

/** What one writes without Millrace: INSERT with as many rows as a statement takes, through the same client, all in one transaction. */
export const sqlServerInserts: Run = async ({ records }) => {
  await emptyTable('bench_peer')
  await withServer(async pool => {
    await pool.query(make)
    const transaction = pool.transaction()
    await transaction.begin()
    for (let at = 0; at < records; at += rowsPerInsert) await insert(transaction, at, Math.min(at + rowsPerInsert, records))
    await transaction.commit()
  })
  return { recordsIn: records, recordsOut: records, bytesOut: 0, sum: () => sqlServerSum('bench_peer') }
}

async function insert(transaction: sql.Transaction, from: number, to: number): Promise<void> {
  const request = transaction.request()
  const rows: string[] = []
  for (let index = from; index < to; index++) {
    const values: Record<string, unknown> = { ...readingAt(index) }
    values.taken = new Date(values.taken as string)
    for (const [name, type] of types) request.input(`${name}${index - from}`, type, values[name])
    rows.push(`(${types.map(([name]) => `@${name}${index - from}`).join(', ')})`)
  }
  await request.query(`INSERT INTO dbo.bench_peer (${types.map(([name]) => name).join(', ')}) VALUES ${rows.join(', ')}`)
}
