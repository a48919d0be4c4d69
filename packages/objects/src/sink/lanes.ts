import type { Batch, Format, RecordError } from '@millrace/etl-core'
import { openLane, type Stage } from './lane.js'
import type { Part } from './parts.js'

/** The streams of one split: one, or one per partition. */
export interface Lanes<T> {
  take(batch: Batch<T>): Promise<readonly { readonly row: number; readonly error: RecordError }[]>
  /** No record waits in a unit that is still open. */
  readonly settled: boolean
  /** Ends what may be ended at a flush, and stages it. */
  flush(): Promise<void>
  /** Ends and stages everything. */
  end(): Promise<void>
  readonly parts: readonly Part[]
}

/** What lanes are made with. */
export interface LanesOptions<T> {
  readonly format: Format<T>
  readonly stage: Stage
  readonly parts: readonly Part[]
  readonly partBytes: number
  readonly named: boolean
}

/** All records in one stream. With `unitRecords` a unit ends at a batch border after so many records, and nowhere else. */
export function singleLane<T>({ format, stage, parts, partBytes, named }: LanesOptions<T>): Lanes<T> {
  const lane = openLane<T>({ format, stage, parts, named })
  const { unitRecords } = format
  return {
    async take(batch) {
      const { rejected } = await lane.take(batch.rows, batch.id)
      if (unitRecords === undefined ? lane.bytes >= partBytes : lane.openRecords >= unitRecords) await lane.endUnit()
      await lane.shrink(partBytes)
      return rejected
    },
    get settled() {
      return lane.openRecords === 0
    },
    async flush() {
      if (unitRecords === undefined) await lane.endUnit()
      await lane.stageFinished()
    },
    async end() {
      await lane.endUnit()
      await lane.stageFinished()
    },
    get parts() {
      return lane.parts
    },
  }
}
