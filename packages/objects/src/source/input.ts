import { type EtlError, type FormatInput, isEtlError, SourceError } from '@millrace/etl-core'
import { joined } from '../bytes.js'
import type { GetOptions, ObjectStore } from '../store.js'

/** The version of an object that a split reads. */
export interface PlannedObject {
  readonly key: string
  readonly etag: string
  readonly bytes: number
}

/**
 * One version of an object, as formats read it.
 *
 * @throws While reading SourceError `ETL_SOURCE_CHANGED` if it is another version by then, `ETL_SOURCE_NOT_FOUND` if it is gone.
 */
export function objectInput(store: ObjectStore, shown: string, object: PlannedObject, signal: AbortSignal): FormatInput {
  const place = `${shown.replace(/\/$/, '')}/${object.key}`
  async function* chunks(range: NonNullable<GetOptions['range']>, reuseChunks: boolean): AsyncGenerator<Uint8Array> {
    try {
      const { body } = await store.get(object.key, { range, ifMatch: object.etag, signal, reuseChunks })
      yield* body
    } catch (error) {
      throw readError(error, place)
    }
  }
  return {
    place,
    size: object.bytes,
    stream: (start = 0) => chunks({ start }, true),
    range: (start, end) => joined(chunks({ start, end }, false)),
  }
}

/** By the store's code: what it means for a source. */
export function readError(error: unknown, place: string): unknown {
  if (isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) return goneError(place, error)
  if (isEtlError(error, 'ETL_OBJECT_CONFLICT')) {
    return new SourceError('ETL_SOURCE_CHANGED', `${place} was changed while it was read, or since the load was planned.`, {
      context: { place },
      cause: error,
    })
  }
  return error
}

/** The error of an object that is to be read and is not there. */
export function goneError(place: string, cause?: EtlError): SourceError {
  return new SourceError('ETL_SOURCE_NOT_FOUND', `${place} is not there: it was deleted, or never was.`, {
    context: { place },
    ...(cause === undefined ? {} : { cause }),
  })
}
