import type { DatabaseRules } from '@millrace/relational'
import { type ColumnType, sqlServerType } from '@millrace/schema/columns'

/** Bytes that the columns of an index may have together. */
const indexBytes = 1_700

/** What SQL Server takes. Its own names have up to 128 characters; servers that are compatible with it have 63. */
export const sqlServerRules: DatabaseRules = { physicalType: sqlServerType, maxNameChars: 63, keyProblem, valueProblem }

function keyProblem(type: ColumnType): string | undefined {
  if (type.kind !== 'string') return undefined
  if (type.length === undefined) return 'its text has no limit, and SQL Server indexes only text that has: column.string(200)'
  return type.length * 2 > indexBytes ? `it has up to ${type.length} characters, and an index takes ${indexBytes / 2}` : undefined
}

function valueProblem(type: ColumnType, value: unknown): string | undefined {
  // NVARCHAR would hold it; what reads it as UTF-8 later could not.
  return type.kind === 'string' && /\p{Surrogate}/u.test(value as string)
    ? 'holds half a character (a lone surrogate)'
    : undefined
}
