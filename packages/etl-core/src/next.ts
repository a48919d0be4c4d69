import { type ErrorJson, EtlError, errorJson, isEtlError } from './errors.js'
import type { Follower, NamedFollower } from './follower.js'
import { canonicalJson, hashOf, toJson } from './json.js'
import { type HeadDoc, headKey, type LoadDoc, loadDoc, loadKeyOf, removeDoc, saveDoc } from './load-state.js'
import type { Pipeline } from './pipeline.js'
import type { FollowerReport, RunReport } from './report.js'
import type { RunOptions } from './run-options.js'
import type { StateStore } from './state.js'

/** The document `next/<load>/<which>`: a load that ended and what follows it has not, or not yet. */
interface NextDoc {
  readonly format: 1
  /** See `LoadDoc.bornEpoch`. */
  readonly bornEpoch: number
  /** What `next` is asked with, the first time and after a crash. */
  readonly report: RunReport
  /** Runs of the followers that failed. */
  readonly failures: number
}

const nextPrefix = 'next/'
/** An id may come back (a trigger's event, delivered again) while followers of the load before wait; in a lane the epoch comes back, too. */
const nextKey = ({ loadId, bornEpoch, startedAtMs }: LoadDoc): string =>
  `${nextPrefix}${loadKeyOf(loadId)}/${bornEpoch}-${startedAtMs}`
/** Followers that failed so often are given up, so that a broken one does not fail every later run. */
const maxFailures = 3

/** Keeps a load's report for its followers. Saved before the load is closed, so that no crash can lose them. */
export async function keepForNext(state: StateStore, load: LoadDoc, report: RunReport): Promise<void> {
  const key = nextKey(load)
  const doc: NextDoc = { format: 1, bornEpoch: load.bornEpoch, report, failures: 0 }
  await saveDoc(state, key, doc, (await loadDoc(state, key)).version)
}

/** Forgets the followers of a load that is abandoned before it was closed. */
export async function forgetNext(state: StateStore, load: LoadDoc): Promise<void> {
  await removeDoc(state, nextKey(load))
}

/** Starts one follower; `undefined` when it was handed on and runs elsewhere. */
export type StartNext = (follower: NamedFollower) => Promise<RunReport | undefined>

/** Loads whose followers are being run: by the runs that one is nested in, as a follower of theirs. */
export type LoadsInHand = ReadonlySet<string>

const inHandName = ({ report, bornEpoch }: NextDoc): string =>
  hashOf([report.pipeline, report.loadId, report.startedAt, bornEpoch])

/** What {@link runFollowers} runs with. */
export interface FollowerParts {
  readonly signal: AbortSignal
  /** A pipeline that follows itself, at once or in a circle, meets the loads it follows: they are not begun with again. */
  readonly inHand: LoadsInHand
  startWith(inHand: LoadsInHand): StartNext
}

/**
 * Runs what follows the loads that have ended, those of earlier runs that died included. A load's document is removed when its followers
 * have run to an end; one that stopped, or that another run is at, is left for the next run of this pipeline.
 */
export async function runFollowers(
  pipeline: Pipeline,
  state: StateStore,
  { signal, inHand, startWith }: FollowerParts,
): Promise<FollowerReport[]> {
  const reports: FollowerReport[] = []
  const unfinished = (await loadDoc<HeadDoc>(state, headKey)).value?.load
  const keys: string[] = []
  for await (const key of state.list(nextPrefix)) keys.push(key)
  for (const key of keys) {
    const { value, version } = await loadDoc<NextDoc>(state, key)
    // A load that is not closed yet may still be abandoned.
    if (!value || (unfinished && !unfinished.closing && key === nextKey(unfinished))) continue
    const name = inHandName(value)
    if (inHand.has(name)) continue
    const ended = await followersOf(pipeline, value, signal, startWith(new Set([...inHand, name])))
    reports.push(...ended)
    await settle(state, key, value, version, ended)
  }
  return reports
}

async function followersOf(pipeline: Pipeline, doc: NextDoc, signal: AbortSignal, start: StartNext): Promise<FollowerReport[]> {
  let named: readonly NamedFollower[]
  try {
    named = namedFollowers(pipeline, doc)
  } catch (error) {
    return [{ pipeline: pipeline.name, loadId: doc.report.loadId, error: errorJson(nextFailed(pipeline, doc, error)) }]
  }
  const reports: FollowerReport[] = []
  for (const follower of named) {
    const who = { pipeline: follower.pipeline.name, loadId: follower.loadId }
    if (signal.aborted) reports.push({ ...who, pending: true })
    else reports.push({ ...who, ...(await startOne(follower, start)) })
  }
  return reports
}

async function startOne(follower: NamedFollower, start: StartNext): Promise<Pick<FollowerReport, 'report' | 'error'>> {
  try {
    const report = await start(follower)
    return report ? { report } : {}
  } catch (error) {
    return { error: errorJson(error) }
  }
}

/** Ids that are the same whenever `next` gives the same: from the load, the follower's name and its parameters. */
function namedFollowers(pipeline: Pipeline, { bornEpoch, report }: NextDoc): NamedFollower[] {
  const seen = new Map<string, number>()
  const followers = pipeline.next?.(report) ?? []
  if (!Array.isArray(followers)) throw new TypeError('a list of followers is expected, at once and not as a promise')
  return (followers as readonly Follower[]).map(follower => {
    const params = toJson(follower.params ?? null)
    const same = canonicalJson([follower.pipeline.name, params])
    const nth = seen.get(same) ?? 0
    seen.set(same, nth + 1)
    return {
      ...follower,
      loadId: `next-${hashOf([pipeline.name, report.loadId, report.startedAt, bornEpoch, follower.pipeline.name, params, nth])}`,
    }
  })
}

async function settle(
  state: StateStore,
  key: string,
  doc: NextDoc,
  version: string,
  ended: readonly FollowerReport[],
): Promise<void> {
  const failures = doc.failures + (ended.some(hasFailed) ? 1 : 0)
  const waits = ended.some(({ pending, report, error }) => pending || report?.status === 'stopped' || isBusy(error))
  try {
    if (!waits && (failures === doc.failures || failures >= maxFailures)) await state.remove(key, version)
    else if (failures > doc.failures) await saveDoc(state, key, { ...doc, failures }, version)
  } catch (error) {
    // Another run saw to the same followers; what it made of them stands.
    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
  }
}

const isBusy = (error: ErrorJson | undefined): boolean => error?.code === 'ETL_STATE_CONFLICT'

const hasFailed = ({ report, error }: FollowerReport): boolean =>
  report?.status === 'failed' || (error !== undefined && !isBusy(error))

function nextFailed(pipeline: Pipeline, doc: NextDoc, error: unknown): EtlError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new EtlError(
    'ETL_NEXT_FAILED',
    `What follows load ${doc.report.loadId} of "${pipeline.name}" could not be told: next() failed with ${what}`,
    { cause: error },
  )
}

/** What of a run's options its followers in the same process run with: not where its state is, nor what was asked of it alone. */
export function followerOptions(options: RunOptions): RunOptions {
  const { signal, deadlineAtMs, memoryMiB, waitMs, leaseMs, cwd, owner, onEvent, log, clock, startNext } = options
  const given = { signal, deadlineAtMs, memoryMiB, waitMs, leaseMs, cwd, owner, onEvent, log, clock, startNext }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RunOptions
}
