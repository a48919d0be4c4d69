import { type SplitContext, StateError } from '@millrace/etl-core'

/** What was counted of a split so far, over all its writers. */
export interface SplitReceipt {
  readonly rows: number
  /** By table: rows added or changed. */
  readonly changed: Readonly<Record<string, number>>
}

/** The receipt of a split that has nothing yet. */
export const emptyReceipt: SplitReceipt = { rows: 0, changed: {} }

/** How long it is known that a load was cleaned up, in milliseconds: as long as the runner knows that an event was handled. */
export const cleanedKnownForMs = 7 * 24 * 3_600_000

/** The `ETL_STATE_CONFLICT` of a writer whose split is another's by now. */
export function splitSucceeded({ split, load: { loadId, epoch } }: SplitContext): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Split "${split.id}" of load ${loadId} was opened by a later run than this one (epoch ${epoch}), or its load was cleaned up.`,
    { context: { split: split.id, loadId, epoch } },
  )
}
