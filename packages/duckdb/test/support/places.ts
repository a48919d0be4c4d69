import { join } from 'node:path'
import type { SqlPlace } from '@millrace/etl-core'
import { databaseAt } from '../../src/database.js'
import { duckdbFile } from '../../src/index.js'
import { sessionOver } from '../../src/session.js'
import { newFolder } from './temp.js'

/** A place over a file, with short waits. */
export const placeAt = (path: string): SqlPlace => duckdbFile(path, { lockWaitMs: 300 })

/** Runs SQL as someone else in this process would, and gives the rows as objects. Column names are those of the query. */
export async function query(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const database = databaseAt(path)
  const borrowed = await database.borrow()
  try {
    const reader = await borrowed.connection.runAndReadAll(sql)
    return reader.getRowObjectsJson() as Record<string, unknown>[]
  } finally {
    borrowed.release()
  }
}

/** Runs statements. */
export async function execute(path: string, ...statements: readonly string[]): Promise<void> {
  const borrowed = await databaseAt(path).borrow()
  try {
    for (const sql of statements) await sessionOver(borrowed.connection).run(sql)
  } finally {
    borrowed.release()
  }
}

/** Whether a table is there. */
export async function hasTable(path: string, name: string): Promise<boolean> {
  return (await query(path, `SELECT 1 FROM duckdb_tables() WHERE table_name = '${name}'`)).length > 0
}

/** The path of a file in a folder of its own, for worlds that close themselves. */
export async function worldFile(): Promise<{ readonly path: string; close(): Promise<void> }> {
  const { path, remove } = await newFolder()
  return { path: join(path, 'plants.duckdb'), close: remove }
}
