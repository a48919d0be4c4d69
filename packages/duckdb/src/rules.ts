import type { DatabaseRules } from '@millrace/relational'
import { type ColumnType, duckdbType } from '@millrace/schema/columns'

/** What `TIMESTAMP_NS` holds, as text that compares. */
const nanosFrom = '1677-09-21T00:12:44'
const nanosUntil = '2262-04-11T23:47:16'

/** What DuckDB takes. Names may be of any length; ours leave room in messages. */
export const duckdbRules: DatabaseRules = { physicalType: duckdbType, maxNameChars: 250, valueProblem }

/** A text as every supported Node.js has it, and the types of ES2023 do not. */
interface WellFormed {
  isWellFormed(): boolean
}

function valueProblem(type: ColumnType, value: unknown): string | undefined {
  // DuckDB holds UTF-8: half a character would become a replacement mark.
  if (type.kind === 'string')
    return (value as WellFormed).isWellFormed() ? undefined : 'holds half a character (a lone surrogate)'
  if (type.kind !== 'timestamp' || type.precision <= 6) return undefined
  const text = value as string
  return text >= nanosFrom && text < nanosUntil
    ? undefined
    : 'lies outside the years 1677 to 2262, which more than six digits need'
}
