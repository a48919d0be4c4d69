import {
  type Cursor,
  isRecordError,
  type SourceBatch,
  type Split,
  type SplitContext,
  toJson,
  type Unreadable,
} from '@millrace/etl-core'
import type { LimitFunction } from 'p-limit'
import { type Answer, type Asking, askPlant, type Outcome } from './ask.js'
import { refuseSilence, unreadError } from './errors.js'
import type { Settings } from './options.js'
import { isObject, readingOf } from './parse.js'
import type { PlantsBookmark, SplitParams } from './plan.js'
import { type RunTime, timedSignal } from './run-time.js'
import type { PlantReading } from './schema.js'

/** What reading needs beside the split. */
export interface Reading extends Pick<Asking, 'reader' | 'settings'> {
  readonly time: RunTime
  /** Plants asked for at once, over all splits. */
  readonly limit: LimitFunction
}

type Ask = (from: number, count: number) => Promise<readonly Answer[]>

/** Reads a split batch by batch. The plants of a batch are asked for at once, and are handed over by id. */
export async function* readPlants(
  reading: Reading,
  split: Split,
  from: Cursor | undefined,
  ctx: SplitContext,
): AsyncGenerator<SourceBatch<PlantReading>, void, undefined> {
  const { settings, time, limit } = reading
  const params = split.params as unknown as SplitParams
  const { signal, close } = timedSignal(ctx.signal, time.leftMs())
  const ask: Ask = async (first, count) => {
    const ids = Array.from({ length: count }, (_, index) => first + index)
    // Plants, not requests: one that waits for another attempt keeps its place, so an API in trouble is asked less.
    const answers = await Promise.all(ids.map(id => limit(askPlant, id, { ...reading, ctx, signal })))
    refuseSilence(answers, time, settings.apiUrl, settings.budgetMs)
    return answers
  }
  try {
    yield* 'to' in params ? readKnown(params, from, ask, settings) : lookForNew(params, from, ask, settings, ctx)
  } finally {
    close()
  }
}

/** A cursor in a range: the last id that is done. */
interface KnownCursor {
  readonly id: number
}

async function* readKnown(range: { from: number; to: number }, from: Cursor | undefined, ask: Ask, settings: Settings) {
  let done = (from as unknown as KnownCursor | undefined)?.id ?? range.from - 1
  while (done < range.to) {
    const count = Math.min(settings.idsPerBatch, range.to - done)
    const answers = await ask(done + 1, count)
    done += count
    yield batchOf(answers, countOf(answers, 'hole'), { id: done }, settings)
  }
}

/** A cursor beyond the known ids. */
interface WalkCursor extends KnownCursor {
  /** The highest id that was found. */
  readonly highest: number
  /** How many in a row, up to `id`, were not found or not answered for. */
  readonly missing: number
  /** How many of those were not found. */
  readonly notFound: number
}

/**
 * Asks for as many ids at once as may still be missing before it ends, so never for one too many. An id without an answer counts as not
 * found here: a walk must end, and the next run walks again.
 */
async function* lookForNew(
  start: { from: number; highest: number },
  from: Cursor | undefined,
  ask: Ask,
  settings: Settings,
  ctx: SplitContext,
) {
  let at = (from as unknown as WalkCursor | undefined) ?? { id: start.from - 1, highest: start.highest, missing: 0, notFound: 0 }
  while (at.missing < settings.stopAfter) {
    const answers = await ask(at.id + 1, Math.min(settings.stopAfter - at.missing, settings.idsPerBatch))
    const { next, holes } = walkedOn(at, answers)
    at = next
    const bookmark: PlantsBookmark = { highestId: at.highest }
    const late = answers.findIndex(({ outcome }) => outcome.kind === 'late')
    // Whether there are plants is not known: one reject says where looking ended, not one for each id.
    const told = answers.filter(({ outcome }, index) => outcome.kind !== 'late' || index === late)
    yield { ...batchOf(told, holes, { ...at }, settings), bookmark: { ...bookmark } }
    if (late < 0) continue
    ctx.log.warn('Plants: the time to ask was over before new plants were looked for to the end. The next run looks again.', {
      ...at,
    })
    return
  }
}

/** Ids that are not found are holes once a plant is found behind them; those at the end are no plants at all. */
function walkedOn(at: WalkCursor, answers: readonly Answer[]): { readonly next: WalkCursor; readonly holes: number } {
  let next = at
  let holes = 0
  for (const { id, outcome } of answers) {
    if (isFound({ id, outcome })) {
      holes += next.notFound
      next = { id, highest: id, missing: 0, notFound: 0 }
    } else {
      const notFound = next.notFound + (outcome.kind === 'hole' ? 1 : 0)
      next = { ...next, id, missing: next.missing + 1, notFound }
    }
  }
  return { next, holes }
}

/** Something that answers every id with something else must not be walked through for ever. */
const isFound = ({ id, outcome }: Pick<Answer, 'id' | 'outcome'>) =>
  outcome.kind === 'loan' || (outcome.kind === 'plant' && isObject(outcome.body) && outcome.body.plant_id === id)

const countOf = (answers: readonly Answer[], kind: Outcome['kind']) =>
  answers.filter(({ outcome }) => outcome.kind === kind).length

function batchOf(answers: readonly Answer[], holes: number, cursor: Cursor, settings: Settings): SourceBatch<PlantReading> {
  const records: PlantReading[] = []
  const unreadable: Unreadable[] = []
  for (const { id, outcome } of answers) {
    if (outcome.kind === 'hole' || outcome.kind === 'loan') continue
    if (outcome.kind !== 'plant') {
      unreadable.push({ raw: null, position: { plant_id: id }, error: unreadError(outcome, settings.budgetMs) })
      continue
    }
    try {
      records.push(readingOf(outcome.body, id, { ...settings, nearMs: outcome.answeredAtMs }))
    } catch (error) {
      if (!isRecordError(error)) throw error
      unreadable.push({ raw: toJson(outcome.body), position: { plant_id: id }, error })
    }
  }
  return {
    records,
    cursor,
    bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
    positionOf: row => ({ plant_id: records[row]?.plant_id ?? null }),
    // Always all three: that there was none is worth reading, too.
    counts: { faults: answers.reduce((sum, { faults }) => sum + faults, 0), holes, loans: countOf(answers, 'loan') },
    ...(unreadable.length === 0 ? {} : { unreadable }),
  }
}
