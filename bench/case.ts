import type { InputKind } from './inputs/index.js'

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
  /** What another program took, where that did the work: it counts, and not the process that waited for it. */
  readonly program?: Costs
}

/** What a process took, from its start. */
export interface Costs {
  readonly wallMs: number
  /** User and system time of all threads. */
  readonly cpuMs: number
  /** The most memory it ever had resident. */
  readonly peakBytes: number
}

/** One thing to measure. Add one: a file in `cases` or `peers`, and a line in `cases/index.ts`. */
export interface BenchCase {
  /** What goes in and out, for the table and `--case`: `generated-csv-folder`. */
  readonly name: string
  /** `table`: what the case that `fills` it wrote in a process before. */
  readonly reads: 'generated' | 'file' | 'table'
  /** What stands in the file. Default: orders. */
  readonly input?: InputKind
  readonly writes: 'folder' | 's3' | 'server'
  /** Names the server it is measured against; where this is not set, it is left out. */
  readonly needs?: string
  /** What a library it uses was told to keep at the most. It fills up with the records, so that much a longer run may take more. */
  readonly cacheBytes?: number
  /** A program it starts; where that is not on the path, it is left out. */
  readonly needsProgram?: string
  /** A package of `bench/more` it uses; where that is not installed, it is left out. */
  readonly needsPackage?: string
  /** Writes the table it reads. */
  readonly fills?: BenchCase
  /** Imports what is to run: a process loads its own case and no other, so that the memory of others' libraries is not in its figures. */
  load(): Promise<Run>
}

/** The work itself. */
export type Run = (job: Job) => Promise<Done>

/** The bucket the test server has. */
export const bucket = 'bench'
