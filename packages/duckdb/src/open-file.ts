import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBInstance } from '@duckdb/node-api'
import { ConfigError, delay } from '@millrace/etl-core'
import { duckdbClient } from './client.js'
import { FileHeld } from './errors.js'
import { configOf, type DuckdbOptions } from './options.js'

const defaultLockWaitMs = 30_000
/** Between two looks whether the other process has let go. */
const lookEveryMs = 100

/** Whether there is a file. */
export async function fileThere(path: string): Promise<boolean> {
  return (await identityOf(path)) !== undefined
}

/** What tells a file from another one of its name; `undefined` if there is none. */
export async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  return found && `${found.dev}:${found.ino}`
}

/**
 * Opens a file, with its folder if that is not there, and waits for another process that has it. A file that this user may not write is
 * opened for reading.
 *
 * @throws ConfigError `ETL_PLACE_INVALID` for a folder; FileHeld when the other process still has it after `lockWaitMs`; what DuckDB throws; the signal's reason.
 */
export async function openFile(path: string, options: DuckdbOptions, signal?: AbortSignal): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await duckdbClient()
  await refuseFolder(path)
  await mkdir(dirname(path), { recursive: true })
  const config = configOf(options, await onlyReadable(path))
  const { lockWaitMs = defaultLockWaitMs } = options
  const startedAtMs = Date.now()
  for (;;) {
    signal?.throwIfAborted()
    try {
      // Two instances over one file in one process would not see each other and damage it: the cache gives the same one.
      return await DuckDBInstance.fromCache(path, config)
    } catch (error) {
      const held = /Could not set lock on file.*?(?:Conflicting lock is held in (.+?) \(PID (\d+)\)|$)/s.exec(
        (error as Error).message,
      )
      if (!held) throw error
      const waitedMs = Date.now() - startedAtMs
      if (waitedMs >= lockWaitMs)
        throw new FileHeld(held[2] === undefined ? undefined : Number(held[2]), held[1], waitedMs, error)
      await delay(Math.min(lookEveryMs, lockWaitMs - waitedMs), signal)
    }
  }
}

/** DuckDB calls it a failed read, as if it could pass. */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) return
  throw new ConfigError('ETL_PLACE_INVALID', `The place duckdb:${path} is a folder. Name a file in it: duckdb:./plants.duckdb.`, {
    context: { path },
  })
}

async function onlyReadable(path: string): Promise<boolean> {
  if (!(await fileThere(path))) return false
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  )
}
