import { type Json, toJson } from './json.js'

/**
 * Whether the same thing may succeed when tried again: `never` (the request, the data or the set-up is wrong), `later`
 * (the other side is busy or away), `exhausted` (it was `later`, and all attempts were used up).
 */
export type RetryVerdict = 'never' | 'later' | 'exhausted'

/** What an error is made with. `context` goes into reports and logs: no secrets in it. */
export interface EtlErrorOptions {
  readonly retry?: RetryVerdict
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number
  readonly context?: Readonly<Record<string, Json>>
  readonly cause?: unknown
}

/** An error as plain JSON, as reports, state and events hold it. */
export interface ErrorJson {
  readonly code: string
  readonly message: string
  readonly retry: RetryVerdict
  readonly retryAfterMs?: number
  readonly context?: Readonly<Record<string, Json>>
  readonly cause?: string
}

const brand = Symbol.for('millrace.error')

/**
 * The base of every error Millrace throws. `code` is stable and for programs, `message` is for people: what was being done, with
 * what, and what came back. The subclasses say who must act.
 *
 * Test with {@link isEtlError}, never with `instanceof`: a command and a project may hold two copies of this class.
 */
export class EtlError extends Error {
  readonly code: string
  readonly retry: RetryVerdict
  readonly retryAfterMs: number | undefined
  readonly context: Readonly<Record<string, Json>>

  constructor(code: string, message: string, options: EtlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.retry = options.retry ?? 'never'
    this.retryAfterMs = options.retryAfterMs
    this.context = options.context ?? {}
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The set-up is wrong: options, parameters, a place, a pair that can't give what was asked. Thrown before anything is read. */
export class ConfigError extends EtlError {}
/** The source could not be read. */
export class SourceError extends EtlError {}
/** The sink could not be written. */
export class SinkError extends EtlError {}
/** One record is wrong. It is rejected with this reason and the run goes on. */
export class RecordError extends EtlError {
  /** Where in the record: field names and array positions, outermost first. Empty for the whole record. */
  readonly path: readonly (string | number)[]
  constructor(code: string, message: string, options: EtlErrorOptions & { readonly path?: readonly (string | number)[] } = {}) {
    super(code, message, options)
    this.path = options.path ?? []
  }
}
/** State could not be read or written, or another run owns it. */
export class StateError extends EtlError {}
/** The run was asked to stop. Not a failure: what is durable stays, and the next run goes on from there. */
export class StopError extends EtlError {}

/** True for an error made by any copy of Millrace, with this `code` if one is given. */
export function isEtlError(error: unknown, code?: string): error is EtlError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[brand] === true &&
    (code === undefined || (error as { code?: unknown }).code === code)
  )
}

/** True for a {@link RecordError} of any copy of Millrace. */
export function isRecordError(error: unknown): error is RecordError {
  return isEtlError(error) && (error.code.startsWith('ETL_RECORD_') || error.name === 'RecordError')
}

/** True for a {@link StopError} of any copy of Millrace. */
export function isStopError(error: unknown): error is StopError {
  return isEtlError(error) && error.code.startsWith('ETL_STOP_')
}

/** Whether trying again may help. An error that is not ours is not known to pass: `never`. */
export function retryOf(error: unknown): RetryVerdict {
  return isEtlError(error) ? error.retry : 'never'
}

/**
 * An error as plain JSON. A foreign error gets the code `ETL_UNEXPECTED`; the chain of causes becomes one line of text, without those
 * whose words the message has already.
 */
export function errorJson(error: unknown): ErrorJson {
  const cause = causeText(error)
  if (!isEtlError(error)) {
    return { code: 'ETL_UNEXPECTED', message: messageOf(error), retry: 'never', ...(cause === undefined ? {} : { cause }) }
  }
  return {
    code: error.code,
    message: error.message,
    retry: error.retry,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(Object.keys(error.context).length === 0 ? {} : { context: toJson(error.context) as Record<string, Json> }),
    ...(cause === undefined ? {} : { cause }),
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : JSON.stringify(toJson(error))
  return error.name === 'Error' || error.message.startsWith(error.name) ? error.message : `${error.name}: ${error.message}`
}

function causeText(error: unknown): string | undefined {
  const texts: string[] = []
  let said = error instanceof Error ? error.message : ''
  let cause = error instanceof Error ? error.cause : undefined
  for (let depth = 0; cause !== undefined && cause !== null && depth < 5; depth++) {
    const words = cause instanceof Error ? cause.message : messageOf(cause)
    if (words === '' || !said.includes(words)) texts.push(messageOf(cause))
    said += `\n${words}`
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return texts.length === 0 ? undefined : texts.join(' <- ')
}
