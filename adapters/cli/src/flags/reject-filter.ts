import type { RejectFilter } from '@millrace/etl-core'
import type { Given } from './parse.js'

const fields: readonly (readonly [field: keyof RejectFilter, flag: string])[] = [
  ['loadId', 'reject-load'],
  ['group', 'reject-group'],
  ['split', 'reject-split'],
  ['stage', 'reject-stage'],
  ['issue', 'reject-issue'],
  ['reason', 'reject-reason'],
]

/** Which rejects are meant: those that fit every `--reject-...` flag. */
export function rejectFilter({ texts }: Given): RejectFilter {
  const given = fields.flatMap(([field, flag]) => {
    const text = texts.get(flag)?.at(-1)
    return text === undefined ? [] : [[field, text]]
  })
  return Object.fromEntries(given)
}

/** How many rejects to show; nothing when it was not said. What is wrong with it goes to `problems`. */
export function rejectLimit({ texts }: Given, problems: string[]): number | undefined {
  const text = texts.get('reject-limit')?.at(-1)
  if (text === undefined) return undefined
  const limit = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(limit) && limit >= 1) return limit
  problems.push('--reject-limit takes a whole number from 1 on.')
  return undefined
}
