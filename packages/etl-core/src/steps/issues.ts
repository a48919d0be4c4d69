import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Issue } from '../reject.js'

/** Turns a validator's issue into ours. */
export function issueFromStandard(issue: StandardSchemaV1.Issue, at: readonly (string | number)[] = []): Issue {
  const path = (issue.path ?? []).map(part => (typeof part === 'object' ? part.key : part))
  return {
    code: 'ETL_RECORD_INVALID',
    message: issue.message,
    path: [...at, ...path.map(key => (typeof key === 'number' ? key : String(key)))],
  }
}
