import { type EtlError, isEtlError, StateError } from './errors.js'

/** A stored document of rejects that cannot be read: those of one source batch. How many they were nobody can tell. */
export interface DamagedRejects {
  /** Of the document in state. */
  readonly key: string
  /** As it stands in the key; an id with other characters than `[A-Za-z0-9._-]` is written differently there. */
  readonly loadId: string
  readonly split: string
  readonly batchNo: number
  /** `ETL_STATE_CORRUPT`, with what to do about it. */
  readonly error: StateError
}

/** What of a document of rejects is known without reading it, if `error` says that it is damaged; any other error is thrown. */
export function damagedRejects(key: string, error: unknown): DamagedRejects {
  if (!isEtlError(error, 'ETL_STATE_CORRUPT')) throw error
  const [loadId = '', split = '', batch = ''] = key.split('/').slice(-3)
  return { key, loadId, split, batchNo: Number(batch), error: damaged(loadId, split, Number(batch), key, error) }
}

/** The store says what to do about state; of rejects no more is lost than they themselves. */
function damaged(loadId: string, split: string, batchNo: number, key: string, found: EtlError): StateError {
  const { context } = found
  const file = typeof context.key === 'string' ? context.key : key
  const place = typeof context.place === 'string' ? ` in ${context.place}` : ''
  return new StateError(
    'ETL_STATE_CORRUPT',
    `Rejects cannot be read: those of load ${loadId}, split ${split}, batch ${batchNo}. "${file}"${place} is damaged. Restore it from a ` +
      `backup, or forget the rejects of that load: millrace rejects discard <pipeline> --reject-load ${loadId}.`,
    { context, cause: found.cause },
  )
}
