/** What a measured process is asked to do. */
export interface Job {
  readonly records: number
  /** The CSV file or the database file to read; only for cases that read one. */
  readonly input: string
  /** An empty folder to write to; cases that write to S3 write to {@link bucket}. */
  readonly folder: string
}

/** What came of it. */
export interface Done {
  readonly recordsIn: number
  readonly recordsOut: number
  /** Of the object or file a reader then sees. */
  readonly bytesOut: number
  /** Where that is, if it is a file: compared by hash. */
  readonly file?: string
  /** What is compared instead where it is a table. Asked for when all is measured. */
  readonly sum?: () => Promise<string>
}

/** One thing to measure. Add one: a file in `cases` or `peers`, and a line in `cases/index.ts`. */
export interface BenchCase {
  /** What goes in and out, for the table and `--case`: `generated-csv-folder`. */
  readonly name: string
  /** `table`: what the case that `fills` it wrote in a process before. */
  readonly reads: 'generated' | 'file' | 'table'
  readonly writes: 'folder' | 's3' | 'server'
  /** Names the server it is measured against; where this is not set, it is left out. */
  readonly needs?: string
  /** What a library it uses was told to keep at the most. It fills up with the records, so that much a longer run may take more. */
  readonly cacheBytes?: number
  /** Writes the table it reads. */
  readonly fills?: BenchCase
  /** Imports what is to run: a process loads its own case and no other, so that the memory of others' libraries is not in its figures. */
  load(): Promise<Run>
}

/** The work itself. */
export type Run = (job: Job) => Promise<Done>

/** The bucket the test server has. */
export const bucket = 'bench'
