import { atOnce } from './at-once.js'
import { isEtlError } from './errors.js'
import { loadDoc, loadKeyOf, removeDoc, saveDoc } from './load-state.js'
import type { StateStore } from './state.js'

const dayMs = 24 * 3_600_000
/** A mark that a triggered load is done is kept for so many days after the one it was made on. */
const keptDays = 7
/** More than one trigger brings, so that sweeping catches up, and few enough to end no load late. */
const removalsPerLoad = 64
/** After a pause there are many days without a mark: so many are looked through in one load. */
const daysPerLoad = 16

/** The mark of a load, below the day it was made on: whoever looks for one, or for old ones, need not look at all others. */
const markKey = (day: string, loadId: string): string => `done/${day}/${loadKeyOf(loadId)}`
const sweptKey = 'swept'

/** The document `swept`: marks of days before this one are gone. */
interface SweptDoc {
  readonly format: 1
  readonly before: string
}

/** `2026-03-31`, in UTC: days in order of time are in order of their names. */
const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Whether a trigger's load was done within the last days. One look for each, together. */
export async function isDone(state: StateStore, loadId: string, nowMs: number): Promise<boolean> {
  const days: string[] = []
  // The day ahead is that of a machine whose clock is.
  for (let ago = -1; ago <= keptDays; ago++) days.push(dayOf(nowMs - ago * dayMs))
  const found = await Promise.all(days.map(day => state.load(markKey(day, loadId))))
  return found.some(mark => mark !== undefined)
}

/** Marks a trigger's load as done, so that the same event again changes nothing, and removes some marks that are too old. */
export async function markDone(state: StateStore, loadId: string, nowMs: number): Promise<void> {
  await sweep(state, nowMs)
  const key = markKey(dayOf(nowMs), loadId)
  await saveDoc(state, key, { format: 1, loadId, finishedAtMs: nowMs }, (await loadDoc(state, key)).version)
}

/** Goes through the days that are over, from where the last load came to. Mostly that is one look. */
async function sweep(state: StateStore, nowMs: number): Promise<void> {
  const until = dayOf(nowMs - keptDays * dayMs)
  const { value, version } = await loadDoc<SweptDoc>(state, sweptKey)
  // One that lies ahead was written by a clock that was wrong.
  let before = value && value.before <= dayOf(nowMs) ? value.before : until
  let left = removalsPerLoad
  for (let looked = 0; before < until && left > 0 && looked < daysPerLoad; looked++) {
    const old = await some(state.list(`done/${before}/`), left)
    await atOnce(old, key => removeDoc(state, key))
    left -= old.length
    if (left > 0) before = dayOf(Date.parse(before) + dayMs)
  }
  if (before === value?.before) return
  const next: SweptDoc = { format: 1, before }
  await saveDoc(state, sweptKey, next, version).catch(error => {
    // A load beside this one came as far, or will come here again; a run that was succeeded is told at its next write.
    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
  })
}

async function some(keys: AsyncIterable<string>, atMost: number): Promise<string[]> {
  const found: string[] = []
  for await (const key of keys) {
    found.push(key)
    if (found.length === atMost) break
  }
  return found
}
