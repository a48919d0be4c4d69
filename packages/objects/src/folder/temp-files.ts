import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, readlink, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { tempFolderIn } from './paths.js'

/** What a temporary file's name says of who writes it. */
export interface Writer {
  readonly host: string
  readonly pid: number
  /** Tells a process from a later one with the same pid: clock ticks since the computer started, 0 where that cannot be had. */
  readonly start: number
}

const pattern = /^([0-9a-f]{12})~(\d+)~(\d+)~[0-9a-f]+$/
/** Of other hosts, and of containers that are gone, nothing can be asked; a file nobody wrote to for so long is nobody's. */
const abandonedMs = 7 * 24 * 3_600_000

/** A new name below {@link tempFolder}: `<host>~<pid>~<start>~<random>`. */
export function tempName({ host, pid, start }: Writer): string {
  return `${host}~${pid}~${start}~${randomBytes(8).toString('hex')}`
}

/** This process, the same in all its threads. */
export async function thisWriter(): Promise<Writer> {
  // Containers may share a host name and a folder, and yet not see each other's processes.
  const processes = await readlink('/proc/self/ns/pid').catch(() => '')
  const host = createHash('sha256').update(`${hostname()}\n${processes}`).digest('hex').slice(0, 12)
  return { host, pid: process.pid, start: await processStart() }
}

async function processStart(): Promise<number> {
  const line = await readFile('/proc/self/stat', 'latin1').catch(() => '')
  // Behind the command's name, which may hold anything: state is field 3, starttime field 22 (proc(5)).
  return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? 0) || 0
}

/**
 * Removes what dead processes left half written. Nobody waits for an error here: a later writer tries again.
 */
export async function sweepTempFiles(root: string, me: Writer, nowMs: number): Promise<void> {
  const folder = tempFolderIn(root)
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const path = join(folder, name)
    if (await isLeftOver(path, name, me, nowMs).catch(() => false)) await unlink(path).catch(() => undefined)
  }
}

async function isLeftOver(path: string, name: string, me: Writer, nowMs: number): Promise<boolean> {
  const found = pattern.exec(name)
  if (!found) return false
  if (found[1] !== me.host) return (await stat(path)).mtimeMs < nowMs - abandonedMs
  const pid = Number(found[2])
  return pid === me.pid ? Number(found[3]) !== me.start : !processExists(pid)
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
