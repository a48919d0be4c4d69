import type { RecordError } from '@millrace/etl-core'
import { isRecordError } from '@millrace/etl-core'
import { fromJsonParse } from './errors.js'

/** What a JSON text threw that could not be read. */
export const jsonProblem = (thrown: unknown): RecordError => (isRecordError(thrown) ? thrown : fromJsonParse(thrown))

/** Whether there is no JSON text at all. */
export const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text)

/** Where in the text JSON went wrong, if it says so: characters, from 1. */
export function columnIn(error: Error): { readonly column?: number } {
  const [, offset] = / at position (\d+)/.exec(String((error.cause as Error | undefined)?.message)) ?? []
  return offset === undefined ? {} : { column: Number(offset) + 1 }
}
