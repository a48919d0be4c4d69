import { type LateColumns, type Rows, wholeTable } from '@millrace/etl-core'
import type { CsvRecord, RecordMaker } from './records.js'
import type { CsvTable } from './table.js'

/**
 * The records of a block. A class, and no literal with a getter: of such a literal V8 makes a hidden class for each object, which lives among the old
 * objects and keeps all that the getter sees, so that every record would outlive its time.
 */
export class CsvRows implements Rows<CsvRecord> {
  readonly length: number
  readonly #table: CsvTable
  readonly #make: RecordMaker
  readonly #giveBack: () => void
  #records: CsvRecord[] | undefined
  #late: LateColumns | undefined
  #released = false

  constructor(table: CsvTable, make: RecordMaker, giveBack: () => void) {
    this.length = table.length
    this.#table = table
    this.#make = make
    this.#giveBack = giveBack
  }

  toArray(): readonly CsvRecord[] {
    this.#records ??= this.#table.records(this.#make)
    // Nobody else has seen what they were made of.
    if (!this.#late) this.release()
    return this.#records
  }

  get late(): LateColumns | undefined {
    if (!this.#released) this.#late ??= wholeTable(this.#table)
    return this.#late
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#table.release()
    this.#giveBack()
  }
}
