import { isUtf8 } from 'node:buffer'
import type { FieldTable } from '@millrace/etl-core'
import { numberIn } from './number.js'
import type { CsvSettings } from './options.js'
import { type CsvRecord, type Field, type RecordMaker, unescaper } from './records.js'
import { endMask, hasEscapes, inQuotes, isWide, type Scanned } from './scanned.js'

const nothing = Buffer.alloc(0)
const noEnds = new Int32Array(0)

const released = () => new Error('Records of a batch that was written and let go were asked for. Sinks ask for them in `write`.')

/** The good records of a block of CSV, of which nothing is decoded before someone asks. */
export class CsvTable implements FieldTable {
  readonly length: number
  /** Its bytes are UTF-8. They may be others where those are to be replaced. */
  readonly isText: boolean
  readonly starts: Int32Array
  #ends: Int32Array
  #bytes: Buffer
  readonly #columns: number
  readonly #emptyIsNull: boolean
  readonly #withoutEscapes: (field: string) => string
  #text: string | undefined

  constructor(
    readonly names: readonly string[],
    bytes: Buffer,
    { count, starts, ends, wide }: Scanned,
    readonly settings: CsvSettings,
  ) {
    this.length = count
    this.isText = settings.invalidUtf8 === 'reject' || !wide || isUtf8(bytes)
    this.#bytes = bytes
    this.starts = starts
    this.#ends = ends
    this.#columns = names.length
    this.#emptyIsNull = settings.emptyText === 'quoted'
    this.#withoutEscapes = unescaper(settings)
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Lets go of what it was read from. Whoever asks for a field after that gets an error. */
  release(): void {
    this.#bytes = nothing
    this.#ends = noEnds
  }

  /** Where a field begins, its quote included. */
  startOf(row: number, column: number): number {
    if (column === 0) return this.starts[row] as number
    return ((this.#ends[row * this.#columns + column - 1] as number) & endMask) + 1
  }

  /** Where it ends, and what it takes to read it. */
  endOf(row: number, column: number): number {
    const end = this.#ends[row * this.#columns + column]
    if (end === undefined) throw released()
    return end
  }

  read(row: number, column: number): Field {
    const end = this.endOf(row, column)
    const start = this.startOf(row, column)
    if (end > endMask) return this.#readOdd(start, end)
    return this.#emptyIsNull && start === end ? null : this.#latin().slice(start, end)
  }

  number(row: number, column: number): number {
    const end = this.endOf(row, column)
    const number = end > endMask ? undefined : numberIn(this.#bytes, this.startOf(row, column), end)
    return number ?? Number(this.read(row, column))
  }

  /** All records, as plain objects of one shape. A field that is kept keeps the text of all of them. */
  records(make: RecordMaker): CsvRecord[] {
    if (this.length > 0 && this.#ends === noEnds) throw released()
    return make(this.#latin(), this.starts, this.#ends, this.length, (start, end) => this.#readOdd(start, end))
  }

  /** One character a byte: as good as the text itself where a field is ASCII, and cut without being copied. */
  #latin(): string {
    this.#text ??= this.#bytes.toString('latin1')
    return this.#text
  }

  /** A field that takes more than a cut. */
  #readOdd(start: number, end: number): string {
    const quotes = end & inQuotes ? 1 : 0
    const from = start + quotes
    const to = (end & endMask) - quotes
    const field = end & isWide ? this.#bytes.toString('utf8', from, to) : this.#latin().slice(from, to)
    return quotes === 1 && end & hasEscapes ? this.#withoutEscapes(field) : field
  }
}
