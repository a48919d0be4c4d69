import { type EtlError, isEtlError } from './errors.js'
import type { Json } from './json.js'
import type { Reject } from './reject.js'
import type { StateStore } from './state.js'

/**
 * Rejects lie in the state's place, one document per source batch that had any: `rejects/<load>/<split>/<batchNo>`. They are durable
 * before the flush that acknowledges their batch, and those above the saved checkpoint are removed before a split goes on.
 */
export const rejectsPrefix = (loadKey: string, split?: string): string =>
  split === undefined ? `rejects/${loadKey}/` : `rejects/${loadKey}/${split}/`

const batchKey = (loadKey: string, split: string, batchNo: number): string =>
  `${rejectsPrefix(loadKey, split)}${String(batchNo).padStart(10, '0')}`

/** Stores a batch's rejects. A copy that an earlier attempt left is replaced. */
export async function saveRejects(
  state: StateStore,
  loadKey: string,
  split: string,
  batchNo: number,
  rejects: readonly Reject[],
): Promise<void> {
  const key = batchKey(loadKey, split, batchNo)
  const value = { format: 1, rejects } as unknown as Json
  await state.save(key, value, 'absent').catch(async (error: EtlError) => {
    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    await state.save(key, value, (await state.load(key))?.version ?? 'absent')
  })
}

/** Removes what an earlier attempt stored for batches after `batchNo`: they will be read again. */
export async function dropRejectsAfter(state: StateStore, loadKey: string, split: string, batchNo: number): Promise<void> {
  const last = batchKey(loadKey, split, batchNo)
  for await (const key of state.list(rejectsPrefix(loadKey, split))) {
    if (key <= last) continue
    const found = await state.load(key)
    if (found) await state.remove(key, found.version)
  }
}

/** All stored rejects, of one load or of all, in order of load, split and batch. */
export async function* listRejects(state: StateStore, loadKey?: string): AsyncIterable<Reject> {
  for await (const key of state.list(loadKey === undefined ? 'rejects/' : rejectsPrefix(loadKey))) {
    const found = await state.load(key)
    if (found) yield* (found.value as unknown as { rejects: readonly Reject[] }).rejects
  }
}
