import { type EtlError, isEtlError } from '@millrace/etl-core'
import { errorFor, objectNotFound, type Side } from '../errors.js'

/** What was being done when the file system refused. */
export interface FileAction {
  readonly side: Side
  readonly place: string
  /** The object's key, or the prefix that was listed. */
  readonly key: string
}

type Meaning = 'DENIED' | 'FULL' | 'UNAVAILABLE'

/** By system error: what it means and what to do. What is not listed is `UNAVAILABLE`, worth another try. */
const meanings: Readonly<Record<string, readonly [Meaning, string]>> = {
  EACCES: ['DENIED', 'This user has no permission there: grant it, or choose another place.'],
  // link(2) answers EPERM where the file system has no hard links (exFAT, some network shares).
  EPERM: ['DENIED', 'The system forbids it: the file is protected, or the file system has no hard links. Choose another place.'],
  ENOTSUP: ['DENIED', 'The file system lacks an operation that is needed (hard links). Choose another place.'],
  ENOSYS: ['DENIED', 'The file system lacks an operation that is needed (hard links). Choose another place.'],
  EROFS: ['DENIED', 'The file system is mounted read-only: mount it writable, or choose another place.'],
  ENOSPC: ['FULL', 'No space is left on the device: free some, then run again; what was saved stays.'],
  EDQUOT: ['FULL', 'The disk quota is used up: free some space, then run again; what was saved stays.'],
  EFBIG: ['DENIED', 'The file would be larger than the file system or the process limit allows.'],
  EMFILE: ['UNAVAILABLE', 'Too many files are open in this process: lower the concurrency or raise the limit (ulimit -n).'],
  ENFILE: ['UNAVAILABLE', 'Too many files are open on this computer.'],
  ENOTDIR: ['DENIED', 'A file lies where a folder is needed: move it away, or choose another place.'],
  EEXIST: ['DENIED', 'A file lies where a folder is needed: move it away, or choose another place.'],
  EISDIR: ['DENIED', 'A folder lies where the object should be: move it away, or choose another path.'],
  ENOTEMPTY: ['DENIED', 'A folder lies where the object should be: move it away, or choose another path.'],
  ENAMETOOLONG: ['DENIED', 'A part of the name is longer than the file system allows, mostly 255 bytes: choose a shorter path.'],
  ELOOP: ['DENIED', 'The symbolic links there lead in a circle.'],
  EXDEV: [
    'DENIED',
    'A folder below the place is another file system, where nothing can be moved to in one step: use it as the place.',
  ],
  EINVAL: ['DENIED', 'The file system does not take this name: choose another path.'],
  EILSEQ: ['DENIED', 'The file system does not take this name: choose another path.'],
  ENOENT: ['UNAVAILABLE', 'A folder vanished while it was written to.'],
  EBUSY: ['UNAVAILABLE', 'The file is in use.'],
  EIO: ['UNAVAILABLE', 'The device reported an error.'],
  ESTALE: ['UNAVAILABLE', 'The network share was away for a moment.'],
}

/** The codes that say, of a path that is only looked at, that there is no such object. */
const noSuchFile = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'])

/** The system's code of a file error: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** True if an error only says that the path does not lead to a file. */
export function saysNoFile(error: unknown): boolean {
  return noSuchFile.has(systemCode(error) ?? '')
}

/** A file system's error as ours. Errors that are ours already, and those that no system call made, are returned as they are. */
export function fileError(error: unknown, action: FileAction): unknown {
  const code = systemCode(error)
  if (isEtlError(error) || code === undefined) return error
  const { side, place, key } = action
  if (side === 'read' && saysNoFile(error)) return objectNotFound(side, place, key, error)
  return meaningOf(code, action, error)
}

function meaningOf(code: string, { side, place, key }: FileAction, cause: unknown): EtlError {
  const [meaning, advice] = meanings[code] ?? ['UNAVAILABLE', 'The file system did not say more.']
  const doing = side === 'read' ? 'read' : 'write'
  return errorFor(
    side,
    `ETL_${side === 'read' ? 'SOURCE' : 'SINK'}_${meaning}`,
    `Could not ${doing} "${key}" in ${place}: ${code}. ${advice}`,
    { retry: meaning === 'DENIED' ? 'never' : 'later', context: { place, key, system: code }, cause },
  )
}
