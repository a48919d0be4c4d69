import type { RecordError } from './errors.js'
import type { Json } from './json.js'

/** One thing that is wrong with a record. */
export interface Issue {
  readonly code: string
  readonly message: string
  /** Field names and array positions, outermost first; empty for the whole record. */
  readonly path: readonly (string | number)[]
}

/** A record that did not arrive, with everything needed to understand it and to run it again. Plain JSON. */
export interface Reject {
  readonly loadId: string
  readonly split: string
  readonly group: string
  readonly batchNo: number
  /** Index in its source batch; -1 for input that never became a record. */
  readonly row: number
  /** `source`, the step's name and number (`3 validate`), or `sink`. */
  readonly stage: string
  /** Where it stood in the source, as far as the source tells. */
  readonly position: Json
  /** The record as read, before any step. */
  readonly raw: Json
  readonly issues: readonly Issue[]
  /** Other records made from the same source record have arrived. */
  readonly partial?: true
  /** One line: what `reason` of the step made of it, else the first issue. Rejects are counted by it. */
  readonly reason: string
  /** The pipeline's version that rejected it. */
  readonly version: string
}

/** A record error as an issue. */
export function issueOf(error: RecordError): Issue {
  return { code: error.code, message: error.message, path: error.path ?? [] }
}

/** One line for an issue: `year: expected a number`. */
export function reasonOf(issues: readonly Issue[]): string {
  const first = issues[0]
  if (!first) return 'rejected'
  return first.path.length === 0 ? first.message : `${first.path.join('.')}: ${first.message}`
}
