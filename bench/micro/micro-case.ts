/** A loop that is repeated in one process until it runs as fast as it will. */
export interface MicroCase {
  readonly name: string
  /** What is compared: `CSV to objects`. */
  readonly group: string
  readonly title: string
  /** Prepares, and returns what is timed. */
  load(): Promise<Loop>
}

/** Does the work once, over the same rows each time, and says how many rows those were. */
export type Loop = () => number | Promise<number>

/** What a process says of its loop. */
export interface MicroFigures {
  /** CPU time for a row, in nanoseconds: the median over the loops. */
  readonly nsPerRow: number
  readonly loops: number
}
