import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SinkError } from '@millrace/etl-core'
import type { ProjectFile } from './template.js'

/** Writes files that are not there yet. One that appeared meanwhile is an error, not overwritten. @throws SinkError naming the file. */
export function writeProject(folder: string, shown: string, files: readonly ProjectFile[]): void {
  for (const [done, { path, text }] of files.entries()) {
    const file = join(folder, path)
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text, { flag: 'wx' })
    } catch (error) {
      throw unwritten(`${shown}/${path}`, files.slice(0, done), error as NodeJS.ErrnoException)
    }
  }
}

function unwritten(file: string, before: readonly ProjectFile[], cause: NodeJS.ErrnoException): SinkError {
  const left = before.length === 0 ? 'Nothing was written.' : `Written before: ${before.map(({ path }) => path).join(', ')}.`
  const message = `${file} could not be written (${cause.code ?? cause.message}). ${left}`
  if (['EACCES', 'EPERM', 'EROFS'].includes(cause.code ?? '')) return new SinkError('ETL_SINK_DENIED', message, { cause })
  return new SinkError('ETL_SINK_UNAVAILABLE', message, { retry: 'later', cause })
}
