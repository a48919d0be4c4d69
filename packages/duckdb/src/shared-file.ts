import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { orAborted } from '@millrace/etl-core'
import { identityOf, openFile } from './open-file.js'
import type { DuckdbOptions } from './options.js'
import { type Turns, turns } from './turns.js'

/** A file stays open so long after its last use, in milliseconds: opening costs 20, and other processes wait. */
const idleMs = 250
/** Connections kept for the next use. */
const mostIdle = 4

/** A connection and how it is given back. */
export interface Borrowed {
  readonly connection: DuckDBConnection
  /** @param reuse - False for a connection with temporary tables: it is closed. Default true. */
  release(reuse?: boolean): void
}

/** A file as this process has it open: DuckDB takes one process per file, and in it one instance. */
export interface SharedFile {
  /** Of those who write. */
  readonly turns: Turns
  readonly inUse: number
  readonly openings: number
  borrow(options: DuckdbOptions, signal?: AbortSignal): Promise<Borrowed>
  /** Lets go of it, so that the next use opens it anew. */
  drop(): void
}

interface Opened {
  readonly instance: DuckDBInstance
  readonly identity: string | undefined
  readonly idle: DuckDBConnection[]
}

const files = new Map<string, SharedFile>()
const open = new Set<SharedFile>()

/** The file at a path, the same one for all who ask. */
export function fileAt(path: string): SharedFile {
  const file = files.get(path) ?? sharedFile(path)
  files.set(path, file)
  return file
}

// Closing writes the log into the file and removes it; what is open when the process ends is closed on its way out.
const closeAll = () => {
  for (const file of open) file.drop()
}

function noteOpen(file: SharedFile, isOpen: boolean): void {
  if (isOpen) open.add(file)
  else open.delete(file)
  process.off('exit', closeAll)
  if (open.size > 0) process.on('exit', closeAll)
}

function sharedFile(path: string): SharedFile {
  let opened: Opened | undefined
  let opening: Promise<Opened> | undefined
  let nobodyWaits = new AbortController()
  let inUse = 0
  let openings = 0
  let timer: NodeJS.Timeout | undefined

  const openNow = async (options: DuckdbOptions): Promise<Opened> => {
    nobodyWaits = new AbortController()
    // A file that was removed or put in another's place is another database.
    if (opened && inUse === 1 && opened.identity !== (await identityOf(path))) file.drop()
    if (opened) return opened
    const instance = await openFile(path, options, nobodyWaits.signal)
    opened = { instance, identity: await identityOf(path), idle: [] }
    openings++
    noteOpen(file, true)
    // Who wanted it may have given up while it was being opened.
    if (inUse === 0) dropSoon()
    return opened
  }
  const dropSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => file.drop(), idleMs)
    timer.unref()
  }
  const leave = () => {
    inUse--
    if (inUse > 0) return
    nobodyWaits.abort(new Error('Nobody waits for the file any more.'))
    dropSoon()
  }

  const file: SharedFile = {
    turns: turns(),
    get inUse() {
      return inUse
    },
    get openings() {
      return openings
    },
    drop() {
      clearTimeout(timer)
      const { instance, idle } = opened ?? {}
      opened = undefined
      for (const connection of idle ?? []) connection.closeSync()
      instance?.closeSync()
      noteOpen(file, false)
    },
    async borrow(options, signal) {
      inUse++
      clearTimeout(timer)
      try {
        // An opening that was given up ends in an error, which is not for those who come now.
        if (opening && nobodyWaits.signal.aborted) await orAborted(Promise.allSettled([opening]), signal)
        opening ??= openNow(options).finally(() => {
          opening = undefined
        })
        const mine = await orAborted(opening, signal)
        const connection = mine.idle.pop() ?? (await mine.instance.connect())
        return lentOf(connection, reuse => {
          if (reuse && opened === mine && mine.idle.length < mostIdle) mine.idle.push(connection)
          else connection.closeSync()
          leave()
        })
      } catch (error) {
        leave()
        throw error
      }
    },
  }
  return file
}

/** Given back once, however often it is said. */
function lentOf(connection: DuckDBConnection, back: (reuse: boolean) => void): Borrowed {
  let lent = true
  return {
    connection,
    release(reuse = true) {
      if (!lent) return
      lent = false
      back(reuse)
    },
  }
}
