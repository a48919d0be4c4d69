import { DuckDBInstance } from '@duckdb/node-api'

const file = await DuckDBInstance.create('./plants.duckdb', { access_mode: 'READ_ONLY' })
const connection = await file.connect()
const found = await connection.runAndReadAll('SELECT plant, "takenAt", moisture FROM readings ORDER BY ALL')
for (const row of found.getRowsJson()) console.log(row.join('  '))
