/** Which part of a run met an error: it decides the class and the family of the code. */
export type Side = 'sink' | 'source' | 'state'

/** What was being done with what, for the error that says so. */
export interface Action {
  readonly side: Side
  /** For people: `duckdb:./plants.duckdb`. */
  readonly place: string
  /** In the words that follow "Could not": `write table readings`. */
  readonly doing: string
}
