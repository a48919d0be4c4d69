import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@millrace/etl-core'
import { checkKey } from '../keys.js'
import type { ObjectInfo } from '../store.js'

/** Where files are written before they get their names: on the same file system, and never listed. */
export const tempFolder = '_millrace/tmp'

/** The folder of temporary files of a place. */
export const tempFolderIn = (root: string): string => join(root, ...tempFolder.split('/'))

/** The path of an object's file. Throws ConfigError for what is no key, or lies among the temporary files. */
export function pathOf(root: string, key: string): string {
  checkKey(key)
  if (key === tempFolder || key.startsWith(`${tempFolder}/`)) {
    throw new ConfigError('ETL_OBJECT_KEY', `"${key}" cannot be an object's key: temporary files lie there.`, {
      context: { key },
    })
  }
  return join(root, ...key.split('/'))
}

/**
 * A file's version: its size, its time of writing and which file it is. Writers of this package set that time to the microsecond, because
 * the system's own clock for it ticks in milliseconds and file numbers are used again at once.
 */
export function etagOf(stats: BigIntStats): string {
  return `${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}-${stats.ino.toString(36)}`
}

/** What a store says of a file. */
export function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  return { key, bytes: Number(stats.size), etag: etagOf(stats), modifiedAtMs: Number(stats.mtimeMs) }
}
