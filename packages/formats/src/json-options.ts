import { checkOptions, isBoolean, isOneOf, isWholeNumber } from './options.js'

/** How JSON is read. Unknown options are refused. */
export interface JsonOptions {
  /**
   * Give numbers that JavaScript would change as text: integers beyond 2^53 - 1, and decimals with more digits than a double holds.
   * Default false: such numbers are rounded, as by `JSON.parse`. Reading is slower with it.
   */
  readonly exactNumbers?: boolean
  /** `reject` (default) makes a record that is not UTF-8 unreadable; `replace` reads it with U+FFFD for what is not. */
  readonly invalidUtf8?: 'reject' | 'replace'
  /** A longer record is unreadable, in bytes. Default 16 MiB. What reads the file may say otherwise. */
  readonly maxRecordBytes?: number
}

/** Refuses what is not in {@link JsonOptions}. */
export function checkJsonOptions(factory: string, options: JsonOptions): void {
  checkOptions(factory, options, {
    exactNumbers: isBoolean,
    invalidUtf8: isOneOf('reject', 'replace'),
    maxRecordBytes: isWholeNumber(1),
  })
}
