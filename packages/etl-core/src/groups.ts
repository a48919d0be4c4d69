import { type ErrorJson, type EtlError, errorJson, isEtlError, retryOf } from './errors.js'
import {
  type BookmarkEntry,
  type BookmarksDoc,
  bookmarksKey,
  loadDoc,
  type PlanDoc,
  type RejectSet,
  type SplitDoc,
  saveDoc,
} from './load-state.js'
import { allRejected } from './max-rejects.js'
import type { GroupReport } from './report.js'
import { waitBefore } from './run-split.js'
import type { RunnerContext } from './runnable.js'
import type { Sink } from './sink.js'
import type { Split } from './split.js'
import { addTallies, emptyTally } from './tally.js'
import { delay, orAborted } from './wait.js'

/** The saved bookmarks lag about so far behind the published groups: after a crash those are published once more, which is harmless. */
const bookmarksEveryMs = 1_000
/** One document holds the bookmarks of all groups and is saved whole: with very many, saving it takes this share of the time at most. */
const savingShare = 0.1

/** The bookmarks document, held by this run. */
export interface BookmarkBook {
  entry(group: string): BookmarkEntry | undefined
  /** `replayed`: rejects that are done with this group's publishing, marked in the same write. */
  put(group: string, entry: BookmarkEntry, replayed?: RejectSet): Promise<void>
  /** Saves what is not saved yet. */
  save(): Promise<void>
}

/** Opens the bookmarks for writing. Entries another run of the same load wrote meanwhile are kept. */
export async function openBookmarks(ctx: RunnerContext): Promise<BookmarkBook> {
  let { value, version } = await loadDoc<BookmarksDoc>(ctx.state, bookmarksKey)
  const changed = new Map<string, BookmarkEntry>()
  let marks: RejectSet = {}
  let savedAtMs = ctx.clock.now()
  let savingMs = 0
  const save = async () => {
    if (changed.size === 0) return
    const startedAtMs = ctx.clock.now()
    for (;;) {
      const replayed = { ...value?.replayed, ...marks }
      const doc: BookmarksDoc = {
        format: 1,
        ...(Object.keys(replayed).length === 0 ? {} : { replayed }),
        groups: { ...stillNeeded(value, ctx.bornEpoch), ...Object.fromEntries(changed) },
      }
      try {
        version = await saveDoc(ctx.state, bookmarksKey, doc, version)
        value = doc
        break
      } catch (error) {
        if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
        await ctx.lease.assertOwned()
        ;({ value, version } = await loadDoc<BookmarksDoc>(ctx.state, bookmarksKey))
      }
    }
    changed.clear()
    savedAtMs = ctx.clock.now()
    savingMs = savedAtMs - startedAtMs
  }
  return {
    entry: group => changed.get(group) ?? (Object.hasOwn(value?.groups ?? {}, group) ? value?.groups[group] : undefined),
    async put(group, entry, replayed = {}) {
      changed.set(group, entry)
      marks = { ...marks, ...replayed }
      if (ctx.clock.now() - savedAtMs >= Math.max(bookmarksEveryMs, savingMs / savingShare)) await save()
    },
    save,
  }
}

/** Without a bookmark an entry says that its load has published the group, which nobody asks once that load is over. */
function stillNeeded(book: BookmarksDoc | undefined, bornEpoch: number): BookmarksDoc['groups'] {
  const entries = Object.entries(book?.groups ?? {})
  return Object.fromEntries(entries.filter(([, entry]) => entry.bookmark !== undefined || entry.bornEpoch === bornEpoch))
}

/** A group whose splits were all run, or not. */
export interface GroupOutcome {
  readonly report: GroupReport
  /**
   * Whether the load stays open for another attempt: `once` where one more may get further, `always` where part of the group may be visible
   * already and another load would add it again.
   */
  readonly keepsOpen: false | 'once' | 'always'
  /** It was published and has no bookmark: nothing tells the next load what this one has read. */
  readonly unmarked?: true
}

/**
 * Publishes one group if all its splits are committed. The sink makes it visible, then its bookmark is saved; a crash between the two
 * publishes it again, which is repeatable.
 */
export async function settleGroup(
  sink: Sink<unknown>,
  group: string,
  splits: readonly Split[],
  docs: ReadonlyMap<string, SplitDoc | undefined>,
  planned: PlanDoc,
  fingerprint: string,
  bookmarks: BookmarkBook,
  ctx: RunnerContext,
): Promise<GroupOutcome> {
  const known = bookmarks.entry(group)
  if (known?.bornEpoch === ctx.bornEpoch) return { report: { group, status: 'published' }, keepsOpen: false }
  const failure = splits.map(split => docs.get(split.id)?.error).find(error => error !== undefined)
  if (failure) return failed(group, failure, ctx)
  const receipts = splits.map(split => ({ split, receipt: docs.get(split.id)?.receipt }))
  if (receipts.some(({ receipt }) => receipt === undefined)) return { report: { group, status: 'pending' }, keepsOpen: 'always' }
  const empty = emptiedByRejects(sink, group, splits, docs, ctx)
  if (empty) return failed(group, empty, ctx)
  // The next run has the time for it.
  if (ctx.signal.aborted) return { report: { group, status: 'pending' }, keepsOpen: 'always' }
  try {
    const found = planned.found[group]
    const complete = receipts.map(({ split, receipt }) => ({ split, receipt: receipt?.value ?? null }))
    const startedAtMs = ctx.clock.now()
    const published = await publishPatiently(
      sink,
      { name: group, receipts: complete, ...(found === undefined ? {} : { found }) },
      ctx,
    )
    ctx.observeMs(ctx.clock.now() - startedAtMs)
    const read = splits.map(split => docs.get(split.id)?.tally.bookmark).findLast(bookmark => bookmark !== undefined)
    const bookmark = read ?? planned.plan.bookmarks?.[group]
    const entry = {
      fingerprint,
      loadId: ctx.load.loadId,
      bornEpoch: ctx.bornEpoch,
      ...(bookmark === undefined ? {} : { bookmark }),
    }
    await bookmarks.put(group, entry, planned.replays?.[group])
    const objects = published?.objects ?? []
    ctx.emit({ type: 'group.published', group, objects })
    const removed = published?.removed
    // What is removed at the source is not read again.
    const unmarked = bookmark === undefined && removed === undefined
    return {
      report: { group, status: 'published', objects, ...(removed === undefined ? {} : { removed }) },
      keepsOpen: false,
      ...(unmarked ? { unmarked } : {}),
    }
  } catch (error) {
    if (isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    if (ctx.signal.aborted) return { report: { group, status: 'pending' }, keepsOpen: 'always' }
    const last = errorJson(error)
    // Publishing has had all its attempts.
    const outcome = failed(group, last.retry === 'later' ? { ...last, retry: 'exhausted' } : last, ctx)
    return mayBeHalfVisible(sink, last) ? { ...outcome, keepsOpen: 'always' } : outcome
  }
}

/**
 * A group of which every record was rejected would replace what is there by nothing. That is refused, unless `maxRejects` was set and so
 * someone has thought about it.
 */
function emptiedByRejects(
  sink: Sink<unknown>,
  group: string,
  splits: readonly Split[],
  docs: ReadonlyMap<string, SplitDoc | undefined>,
  ctx: RunnerContext,
): ErrorJson | undefined {
  if (sink.capabilities.disposition !== 'replace' || ctx.settings.maxRejects !== undefined) return undefined
  const total = splits.reduce((sum, split) => addTallies(sum, docs.get(split.id)?.tally ?? emptyTally), emptyTally)
  const { read, written, rejected } = total.counts
  if (read === 0 || written > 0 || rejected < read || total.uncounted) return undefined
  return errorJson(allRejected(group, total))
}

async function publishPatiently(
  sink: Sink<unknown>,
  group: Parameters<NonNullable<Sink<unknown>['publish']>>[0],
  ctx: RunnerContext,
) {
  const { attempts } = ctx.settings.retry
  for (let attempt = 1; ; attempt++) {
    try {
      await ctx.lease.assertOwned()
      return await orAborted(Promise.resolve(sink.publish?.(group, ctx)), ctx.hardSignal)
    } catch (error) {
      if (retryOf(error) !== 'later' || attempt >= attempts || ctx.signal.aborted) throw error
      await delay(waitBefore(attempt, (error as EtlError).retryAfterMs, ctx), ctx.signal, ctx.clock)
    }
  }
}

function failed(group: string, error: ErrorJson, ctx: RunnerContext): GroupOutcome {
  ctx.emit({ type: 'group.failed', group, error })
  return { report: { group, status: 'failed', error }, keepsOpen: mayPassLater(error) ? 'once' : false }
}

/**
 * Whether the next run should go on with this load. An outage may pass and a bug in a step may be fixed, and both keep what was read so
 * far; anything else (a refused request, changed data, too many rejects) is planned anew.
 */
function mayPassLater(error: ErrorJson): boolean {
  if (error.code === 'ETL_SOURCE_CHANGED') return false
  return error.retry !== 'never' || error.code === 'ETL_STEP_FAILED' || error.code === 'ETL_UNEXPECTED'
}

/**
 * What a sink has appended before it failed stays, under names that come from this load: only this load can add the rest and double
 * nothing. Where what was staged is damaged nobody can.
 */
function mayBeHalfVisible(sink: Sink<unknown>, { code }: ErrorJson): boolean {
  return sink.capabilities.disposition === 'append' && code !== 'ETL_STAGING_DAMAGED' && code !== 'ETL_OBJECT_NOT_FOUND'
}
