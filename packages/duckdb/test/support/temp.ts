import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of its own; `remove` for worlds that close themselves. */
export async function newFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-duckdb-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** The path of a database that is not there yet, removed with its folder when the test is over. */
export async function tempDatabase(): Promise<string> {
  const { path, remove } = await newFolder()
  onTestFinished(remove)
  return join(path, 'plants.duckdb')
}
