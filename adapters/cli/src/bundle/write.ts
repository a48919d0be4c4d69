import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError, SinkError } from '@millrace/etl-core'

/**
 * Writes a file whole or not at all, with the folders above it.
 *
 * @throws ConfigError `ETL_FLAGS_INVALID` where a folder or a file is in the way; SinkError `ETL_SINK_DENIED`, `ETL_SINK_UNAVAILABLE` (later).
 */
export function writeWhole(file: string, shown: string, bytes: Uint8Array): void {
  const aside = `${file}.${process.pid}.part`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(aside, bytes)
    renameSync(aside, file)
  } catch (error) {
    rmSync(aside, { force: true })
    throw unwritten(shown, error as NodeJS.ErrnoException)
  }
}

function unwritten(shown: string, cause: NodeJS.ErrnoException): Error {
  const code = cause.code ?? ''
  const message = `${shown} could not be written (${code || cause.message}).`
  if (['EISDIR', 'ENOTDIR', 'EEXIST'].includes(code)) return new ConfigError('ETL_FLAGS_INVALID', `--out: ${message}`, { cause })
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return new SinkError('ETL_SINK_DENIED', message, { cause })
  return new SinkError('ETL_SINK_UNAVAILABLE', message, { retry: 'later', cause })
}
