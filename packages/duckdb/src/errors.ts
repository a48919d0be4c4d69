import { type EtlError, isEtlError, RecordError, type RetryVerdict, SinkError, SourceError, StateError } from '@millrace/etl-core'
import type { Action, Side } from '@millrace/relational'

interface Row {
  /** In what DuckDB says. */
  readonly says: RegExp
  readonly meaning: 'UNAVAILABLE' | 'FULL' | 'DENIED' | 'MALFORMED' | 'NOT_FOUND' | 'REFUSED'
  readonly retry: RetryVerdict
  readonly advice?: string
  /** A single row may be to blame. */
  readonly row?: true
}

/**
 * What DuckDB says, and what it comes to. Read from above; the first that fits counts. DuckDB's errors carry their kind in front of the
 * text ("Constraint Error: …") and no code.
 */
const table: readonly Row[] = [
  // Waited for already.
  { says: /Could not set lock on file/, meaning: 'UNAVAILABLE', retry: 'exhausted' },
  {
    says: /No space left|Disk quota|disk quota|failed to offload data block|max_temp_directory_size/,
    meaning: 'FULL',
    retry: 'later',
    advice: 'Make room on the disk.',
  },
  {
    says: /Permission denied|Read-only file system|read-only mode|Operation not permitted/,
    meaning: 'DENIED',
    retry: 'never',
    advice: 'Let this user write the file and its folder.',
  },
  {
    says: /not a valid DuckDB database|different version|newer version|Corrupt|corrupt|Serialization Error/,
    meaning: 'MALFORMED',
    retry: 'never',
    advice: 'It is no DuckDB file, it is damaged, or a newer DuckDB wrote it.',
  },
  {
    says: /No such file or directory|Table with name .* does not exist|database does not exist/,
    meaning: 'NOT_FOUND',
    retry: 'never',
  },
  // Another connection of this process changed the same rows.
  { says: /Conflict on |write-write conflict|Transaction conflict/, meaning: 'UNAVAILABLE', retry: 'later' },
  {
    says: /^Out of Memory Error|could not allocate/,
    meaning: 'UNAVAILABLE',
    retry: 'later',
    advice: 'Raise memoryLimit, or run fewer splits at once.',
  },
  // The database is unusable until it is opened anew, which happens at the next attempt.
  { says: /^FATAL Error|database has been invalidated/, meaning: 'UNAVAILABLE', retry: 'later' },
  { says: /^(Constraint|Conversion|Out of Range|Invalid Input) Error/, meaning: 'REFUSED', retry: 'never', row: true },
  {
    says: /^(Binder|Catalog|Parser|Dependency) Error/,
    meaning: 'REFUSED',
    retry: 'never',
    advice: 'Someone may have changed the tables meanwhile.',
  },
  { says: /^IO Error/, meaning: 'UNAVAILABLE', retry: 'later' },
]

const unknown: Row = { says: /^/, meaning: 'REFUSED', retry: 'never' }

/** Another process has the file, and waiting did not help. */
export class FileHeld extends Error {
  constructor(
    readonly pid: number | undefined,
    readonly program: string | undefined,
    readonly waitedMs: number,
    cause: unknown,
  ) {
    super('Could not set lock on file', { cause })
  }
}

/** An error of DuckDB as ours. Errors that are ours already, and those that are none of DuckDB's, are returned as they are. */
export function duckdbError(error: unknown, action: Action): unknown {
  if (isEtlError(error) || !(error instanceof Error) || error.name === 'AbortError') return error
  if (error instanceof FileHeld) return heldError(error, action)
  // What JavaScript itself throws is a slip in our code and no answer of the database.
  if (error.name !== 'Error') return error
  const row = table.find(({ says }) => says.test(error.message)) ?? unknown
  const text = `Could not ${action.doing} in ${action.place}: ${saidBy(error)}.${row.advice ? ` ${row.advice}` : ''}`
  return made(action.side, row.meaning, text, { retry: row.retry, context: { place: action.place }, cause: error })
}

/** Whether a single row of what was written may be to blame. */
export function blamesRow(error: unknown): boolean {
  return error instanceof Error && !isEtlError(error) && table.find(({ says }) => says.test(error.message))?.row === true
}

/** Whether the whole database has to be opened anew. */
export function invalidates(error: unknown): boolean {
  return error instanceof Error && /^FATAL Error|database has been invalidated/.test(error.message)
}

/** The reject of a row that DuckDB did not take. */
export function refusedRow(said: string): RecordError {
  return new RecordError('ETL_RECORD_REFUSED', `DuckDB does not take the record: ${said}.`)
}

function heldError({ pid, program, waitedMs, cause }: FileHeld, { side, place, doing }: Action): EtlError {
  const who = pid === undefined ? 'Another process' : `Process ${pid}${program === undefined ? '' : ` (${program})`}`
  const text =
    `Could not ${doing} in ${place}: ${who} has the file open, and a DuckDB file has one process at a time. Waited ${Math.round(waitedMs / 1000)} s. ` +
    'Close it there (a notebook, a DuckDB shell, another run), or wait for it to end, and run again.'
  return made(side, 'UNAVAILABLE', text, {
    retry: 'exhausted',
    context: { place, pid: pid ?? null, program: program ?? null },
    cause,
  })
}

function made(side: Side, meaning: string, text: string, options: ConstructorParameters<typeof SinkError>[2]): EtlError {
  if (side === 'sink') return new SinkError(`ETL_SINK_${meaning}`, text, options)
  if (side === 'source') return new SourceError(`ETL_SOURCE_${meaning}`, text, options)
  return new StateError(`ETL_STATE_${meaning}`, text, options)
}

/** What DuckDB says, in its first line: what follows is the statement and a mark below it. */
export const saidBy = ({ message }: Error): string => (message.split('\n')[0] ?? '').slice(0, 300).replace(/[.\s]+$/, '')

/** Does something with the database; what DuckDB throws becomes ours. */
export async function translated<V>(action: Action, act: () => Promise<V>): Promise<V> {
  try {
    return await act()
  } catch (error) {
    throw duckdbError(error, action)
  }
}
