import { type EtlError, isEtlError, RecordError, SinkError, SourceError, StateError } from '@millrace/etl-core'
import type { Action, Side } from '@millrace/relational'
import { byCode, byNumber, bySeverity, byWords, isRaised, noTable, type Row, raised, unmapped } from './error-table.js'

/** What is read of an error of the driver. */
interface DriverError extends Error {
  readonly code?: unknown
  readonly number?: unknown
  readonly class?: unknown
  readonly originalError?: unknown
  readonly errors?: unknown
}

/** An error of the driver, the server or the network as ours. Errors that are ours already, and those that are none of these, stay as they are. */
export function sqlError(error: unknown, { side, place, doing }: Action): unknown {
  if (isEtlError(error) || !(error instanceof Error) || error.name === 'AbortError') return error
  const found = rowOf(error)
  if (!found) return error
  const number = numberOf(error)
  const text = `Could not ${doing} in ${place}: ${saidBy(error)}${number === undefined ? '' : ` (error ${number})`}.${found.advice ? ` ${found.advice}` : ''}`
  const options = {
    retry: found.retry,
    context: { place, ...(number === undefined ? {} : { number }) },
    cause: error,
  }
  return made(side, found.meaning, text, options)
}

/** Does something with the server; what the driver throws becomes ours. */
export async function translated<V>(action: Action, act: () => Promise<V>): Promise<V> {
  try {
    return await act()
  } catch (error) {
    throw sqlError(error, action)
  }
}

/** Whether a single row of what was written may be to blame. */
export function blamesRow(error: unknown): boolean {
  return error instanceof Error && !isEtlError(error) && rowOf(error)?.row === true
}

/** Whether the connection was lost, so that nobody knows whether what was asked for has happened. */
export function isInDoubt(error: unknown): boolean {
  if (!(error instanceof Error) || isEtlError(error) || numberOf(error) !== undefined) return false
  return rowOf(error)?.meaning === 'UNAVAILABLE'
}

/** Whether a key was there already. */
export function isTakenKey(error: unknown): boolean {
  const number = error instanceof Error ? numberOf(error) : undefined
  return number === 2627 || number === 2601
}

/** Whether something of that name was there already: somebody was quicker. */
export const isTakenName = (error: unknown): boolean => error instanceof Error && numberOf(error) === 2714

/** Whether a table is not there. */
export const isNoTable = (error: unknown): boolean => error instanceof Error && rowOf(error) === noTable

/** The reject of a row that the server did not take. */
export function refusedRow(error: unknown, place: string): RecordError {
  const number = error instanceof Error ? numberOf(error) : undefined
  return new RecordError('ETL_RECORD_REFUSED', `${place} does not take the record: ${saidBy(error as Error)}.`, {
    ...(number === undefined ? {} : { context: { number } }),
    cause: error,
  })
}

/** SQL Server's number of an error. */
export function numberOf(error: Error): number | undefined {
  for (const at of chain(error)) if (typeof at.number === 'number' && at.number > 0) return at.number
  return undefined
}

function rowOf(error: Error): Row | undefined {
  const number = numberOf(error)
  if (number !== undefined) {
    const words =
      number === unmapped ? byWords.find(([said]) => chain(error).some(({ message }) => said.test(message))) : undefined
    if (words) return words[1]
    const severity = chain(error).find(at => at.number === number)?.class
    return byNumber[number] ?? (isRaised(number) ? raised : bySeverity(typeof severity === 'number' ? severity : 16))
  }
  const codes = chain(error).map(({ code }) => String(code ?? ''))
  // What lies deepest says most: a certificate, below a connection that could not be opened.
  const deepest = codes.toReversed().find(code => code in byCode)
  if (deepest !== undefined) return byCode[deepest]
  // The pool's: no connection came free.
  if (/^(Failed to acquire a connection|operation timed out)/.test(error.message)) return byCode.ETIMEOUT
  if (/socket hang up|Connection lost/i.test(error.message)) return byCode.ECONNRESET
  return error.name === 'RequestError' || error.name === 'ConnectionError' ? { meaning: 'REFUSED', retry: 'never' } : undefined
}

/** An error and what lies below it; the driver keeps causes under three names. */
function chain(error: Error): readonly DriverError[] {
  const found: DriverError[] = []
  const queue: unknown[] = [error]
  while (queue.length > 0 && found.length < 12) {
    const at = queue.shift()
    if (!(at instanceof Error) || found.includes(at)) continue
    found.push(at)
    const { originalError, errors } = at as DriverError
    queue.push(originalError, at.cause, ...(Array.isArray(errors) ? errors : []))
  }
  return found
}

function made(side: Side, meaning: string, text: string, options: ConstructorParameters<typeof SinkError>[2]): EtlError {
  if (side === 'sink') return new SinkError(`ETL_SINK_${meaning}`, text, options)
  if (side === 'source') return new SourceError(`ETL_SOURCE_${meaning}`, text, options)
  return new StateError(`ETL_STATE_${meaning}`, text, options)
}

const saidBy = ({ message, name }: Error): string => (message === '' ? name : message).slice(0, 400).replace(/[.\s]+$/, '')
