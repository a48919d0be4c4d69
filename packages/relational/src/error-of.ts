import { type EtlError, SinkError, SourceError, StateError } from '@millrace/etl-core'

/** Which part of a run met an error: it decides the class and the family of the code. */
export type Side = 'sink' | 'source' | 'state'

/** What was being done with what. */
export interface Action {
  readonly side: Side
  /** For people: `duckdb:./plants.duckdb`. */
  readonly place: string
  /** In the words that follow "Could not": `write table readings`. */
  readonly doing: string
}

/**
 * An error of the class and the family of codes that a side has.
 *
 * @param meaning - The last part of its code: `UNAVAILABLE`.
 */
export function errorOf(
  side: Side,
  meaning: string,
  message: string,
  options: ConstructorParameters<typeof SinkError>[2],
): EtlError {
  if (side === 'sink') return new SinkError(`ETL_SINK_${meaning}`, message, options)
  if (side === 'source') return new SourceError(`ETL_SOURCE_${meaning}`, message, options)
  return new StateError(`ETL_STATE_${meaning}`, message, options)
}
