import type { Issue, Json, Reject } from '@millrace/etl-core'
import { count, fit, printable } from './units.js'

/** Characters of a record on a terminal: a few lines. Elsewhere it is complete. */
const maxRawCharacters = 500

/** A reject for people: where it stood, what is wrong with it, the record as it was read. */
export function rejectText(reject: Reject, raw: 'cut' | 'whole'): string {
  const { group, stage, loadId, issues, reason } = reject
  const told = issues.map(issueText)
  const facts: [string, string][] = [
    ['stage', `${stage}, load ${loadId}`],
    // Rejects are found by their reason, so it is told where it is not the first issue.
    ...(told[0]?.startsWith(`${reason} [`) ? [] : ([['reason', reason]] as [string, string][])),
    ...told.map((text): [string, string] => ['issue', text]),
    ['raw', raw === 'cut' ? fit(jsonText(reject.raw), maxRawCharacters) : jsonText(reject.raw)],
  ]
  const lines = facts.map(([name, fact]) => `  ${name.padEnd(6)} ${printable(fact)}\n`)
  return `${printable(`${group}, ${placeText(reject)}`)}\n${lines.join('')}`
}

/** A reject as one line of JSON. */
export const ndjsonLine = (reject: Reject): string => `${jsonText(reject as unknown as Json)}\n`

/** `line 3, byte 61`, or what the source tells; without that, the place in what was read. */
function placeText({ position, batchNo, row }: Reject): string {
  if (position === null) return row < 0 ? `in batch ${batchNo}` : `batch ${batchNo}, record ${count(row + 1)}`
  if (typeof position !== 'object' || Array.isArray(position)) return `at ${jsonText(position)}`
  return Object.entries(position)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : jsonText(value)}`)
    .join(', ')
}

/** `year: expected a number [ETL_RECORD_INVALID]`. */
function issueText({ path, message, code }: Issue): string {
  return `${path.length === 0 ? '' : `${path.join('.')}: `}${message} [${code}]`
}

/** JSON that is safe in a terminal and in readers that know more line ends than two; equal when it is read. */
function jsonText(value: Json): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
