import type { Format, Rows, UnitReceipt } from '@millrace/etl-core'
import { type Encoded, encodeRows } from './encode.js'
import { type Part, unitsIn } from './parts.js'

/** Stores bytes as one more staged part and returns its name. Takes the chunks out of the list as they are handed on. */
export type Stage = (chunks: Uint8Array[], bytes: number) => Promise<string>

/**
 * One stream of units on its way to parts. Bytes of finished units and of the open one are kept apart, so that a part holds either whole
 * units or a stretch of one unit: parts of an open unit that is given up can be left out.
 */
export interface Lane<T> {
  /** Bytes in memory. */
  readonly bytes: number
  /** Records in the open unit. */
  readonly openRecords: number
  /** The parts that hold whole units, in order. Stretches of the open unit are not among them. */
  readonly parts: readonly Part[]
  take(rows: Rows<T> | readonly T[], batchId: string): Promise<Encoded>
  /** Ends the open unit, if it has records. */
  endUnit(): Promise<void>
  /** Stages what is finished, so that `parts` says all of it. */
  stageFinished(): Promise<void>
  /** Stages what must be to get below a limit. */
  shrink(toBytes: number): Promise<void>
}

/** What distinguishes lanes. */
export interface LaneOptions<T> {
  readonly format: Format<T>
  readonly stage: Stage
  /** Parts of an earlier attempt that this lane goes on from. */
  readonly parts?: readonly Part[]
  /** The units its format is to go on from. Default: those of `parts`. */
  readonly before?: readonly UnitReceipt[]
  /** Note each part's first batch. */
  readonly named: boolean
  readonly partition?: string
}

/** Bytes that wait, and the batch they begin with. */
interface Waiting {
  chunks: Uint8Array[]
  bytes: number
  inside: boolean
  first: string
}

const nothingWaits = (): Waiting => ({ chunks: [], bytes: 0, inside: false, first: '' })

/** A lane without records. */
export function openLane<T>(options: LaneOptions<T>): Lane<T> {
  const { format, stage, named, partition } = options
  const parts: Part[] = [...(options.parts ?? [])]
  const encoder = format.encoder(options.before ?? unitsIn(parts))
  let finished = nothingWaits()
  let units: UnitReceipt[] = []
  let open = nothingWaits()
  let unit = { bytes: 0, records: 0 }
  let stretches: Part[] = []
  let between: Uint8Array | undefined

  const add = (waiting: Waiting, chunks: readonly Uint8Array[]) => {
    for (const chunk of chunks) {
      waiting.chunks.push(chunk)
      waiting.bytes += chunk.length
    }
  }
  const staged = async (waiting: Waiting, ended: readonly UnitReceipt[]): Promise<Part> => ({
    name: await stage(waiting.chunks, waiting.bytes),
    bytes: waiting.bytes,
    units: ended,
    ...(waiting.inside ? { inside: true as const } : {}),
    ...(named ? { first: waiting.first } : {}),
    ...(partition === undefined ? {} : { partition }),
  })
  const stageStretch = async () => {
    stretches.push(await staged(open, []))
    open = { ...nothingWaits(), inside: true, first: open.first }
  }

  const lane: Lane<T> = {
    get bytes() {
      return finished.bytes + open.bytes
    },
    get openRecords() {
      return unit.records
    },
    get parts() {
      return parts
    },
    async take(rows, batchId) {
      const encoded = await encodeRows(encoder, rows)
      if (unit.records === 0 && encoded.taken > 0) open.first = batchId
      add(open, encoded.chunks)
      for (const chunk of encoded.chunks) unit.bytes += chunk.length
      unit.records += encoded.taken
      return encoded
    },
    async endUnit() {
      if (unit.records === 0) return
      const { bytes, meta } = await encoder.end()
      add(open, bytes)
      for (const chunk of bytes) unit.bytes += chunk.length
      const receipt: UnitReceipt = { ...unit, ...(meta === undefined ? {} : { meta }) }
      if (units.length === 0) finished = open
      else {
        // What stands between two units depends on neither: asked once.
        between ??= format.assemble([receipt]).between
        add(finished, between.length === 0 ? open.chunks : [between, ...open.chunks])
      }
      units.push(receipt)
      parts.push(...stretches)
      stretches = []
      open = nothingWaits()
      unit = { bytes: 0, records: 0 }
    },
    async stageFinished() {
      if (units.length === 0) return
      const part = await staged(finished, units)
      parts.push(part)
      finished = nothingWaits()
      units = []
    },
    async shrink(toBytes) {
      if (lane.bytes < toBytes) return
      await lane.stageFinished()
      if (open.bytes >= toBytes) await stageStretch()
    },
  }
  return lane
}
