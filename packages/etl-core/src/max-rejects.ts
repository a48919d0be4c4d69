import { EtlError } from './errors.js'
import type { Tally } from './load-state.js'
import type { RunnerContext } from './runnable.js'

/** From this many records on a share of rejects says something. */
export const leastForShare = 1_000

/** Judges `maxRejects`: a count while reading, a share at the split's end. */
export function refuseTooMany(tally: Tally, ctx: RunnerContext, split: string, atEnd: boolean): void {
  const limit = ctx.settings.maxRejects
  if (limit === undefined) return
  const { rejected, read } = tally.counts
  const over = typeof limit === 'number' ? rejected > limit : atEnd && read >= leastForShare && rejected > limit.share * read
  if (over) throw tooManyRejects(`Split "${split}"`, tally, limit)
}

/** The error of a split or load with more rejects than `maxRejects` allows. */
export function tooManyRejects(what: string, tally: Tally, limit: number | { readonly share: number }): EtlError {
  const allowed = typeof limit === 'number' ? `${limit}` : `${limit.share * 100} %`
  const reason = mostOften(tally)
  return new EtlError(
    'ETL_REJECTS_TOO_MANY',
    `${what} has ${tally.counts.rejected} rejects in ${tally.counts.read} records, and ${allowed} are allowed. Most often: ${reason}.`,
    { context: { rejected: tally.counts.rejected, read: tally.counts.read } },
  )
}

/** The error of a group that would be replaced by nothing. */
export function allRejected(group: string, tally: Tally): EtlError {
  const { counts } = tally
  const reason = mostOften(tally)
  return new EtlError(
    'ETL_REJECTS_TOO_MANY',
    `Every record of group "${group}" was rejected (${counts.rejected}), most often: ${reason}. What was published before stays. ` +
      'To publish an empty group all the same, allow as many: maxRejects { share: 1 } (--max-rejects 100%).',
    { context: { group, rejected: counts.rejected } },
  )
}

/** The most frequent reason, to stand at the end of a sentence: reasons may be sentences themselves. */
function mostOften({ byReason }: Tally): string {
  const [reason] = Object.entries(byReason).sort((a, b) => b[1] - a[1])[0] ?? ['']
  return reason.replace(/\.$/, '')
}
