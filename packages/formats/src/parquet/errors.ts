import { isEtlError, SourceError } from '@millrace/etl-core'

/** A file that is not what it should be. `where` is what was being read: `row group 3, column "price"`. */
export function malformed(place: string, where: string, problem: string, cause?: unknown): SourceError {
  return new SourceError('ETL_SOURCE_MALFORMED', `Reading ${place} as Parquet, ${where}: ${problem}.`, {
    context: { place, where },
    ...(cause === undefined ? {} : { cause }),
  })
}

/**
 * Errors while reading. Ours (the store is away, access denied) pass as they are; whatever hyparquet or zlib throws means that the bytes are
 * not what the footer says.
 */
export async function reading<T>(place: string, where: string, read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted()
  try {
    return await read()
  } catch (error) {
    if (isEtlError(error) || signal?.aborted) throw error
    throw malformed(place, where, `the bytes are damaged (${error instanceof Error ? error.message : String(error)})`, error)
  }
}
