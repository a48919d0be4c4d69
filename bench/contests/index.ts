import { type Contest, entrant } from './contest.js'
import { objectContests } from './objects.js'
import { workContest } from './work.js'

const writing: Contest = {
  name: 'csv-writing',
  title: 'Objects to CSV',
  entrants: [
    entrant({
      name: 'csv-writing-csv-stringify',
      title: 'csv-stringify',
      reads: 'generated',
      load: async () => (await import('../peers/writing.js')).writingByCsvStringify,
    }),
    entrant({
      name: 'csv-writing-papaparse',
      title: 'papaparse',
      reads: 'generated',
      once: true,
      load: async () => (await import('../peers/writing.js')).writingByPapaparse,
    }),
    entrant({
      name: 'csv-writing-fast-csv',
      title: 'fast-csv',
      reads: 'generated',
      once: true,
      load: async () => (await import('../peers/writing.js')).writingByFastCsv,
    }),
    entrant({
      name: 'csv-writing-run',
      title: 'Millrace, a run',
      reads: 'generated',
      load: async () => (await import('../cases/pooled.js')).writing,
    }),
  ],
  goals: [{ ours: 'csv-writing-run', peer: 'csv-writing-csv-stringify', as: 'times', goal: 4, aim: 6 }],
}

const validating: Contest = {
  name: 'validating',
  title: 'Validating objects',
  scale: 5,
  entrants: [
    entrant({
      name: 'validating-zod',
      title: 'zod, `safeParse`',
      reads: 'generated',
      load: async () => (await import('../peers/validating.js')).validatingByZod,
    }),
    entrant({
      name: 'validating-run',
      title: 'Millrace, a run',
      reads: 'generated',
      load: async () => (await import('../cases/pooled.js')).validating,
    }),
  ],
  goals: [{ ours: 'validating-run', peer: 'validating-zod', as: 'times', goal: 4, aim: 10 }],
}

const toParquet: Contest = {
  name: 'csv-parquet',
  title: 'CSV to Parquet',
  entrants: [
    entrant({
      name: 'csv-parquet-duckdb',
      title: 'DuckDB, one thread',
      byValue: 'parquet',
      load: async () => (await import('../peers/work-duckdb.js')).parquetByDuckdb,
    }),
    entrant({
      name: 'csv-parquet-run',
      title: 'Millrace, a run',
      byValue: 'parquet',
      load: async () => (await import('../cases/to-parquet.js')).toParquet,
    }),
  ],
  goals: [{ ours: 'csv-parquet-run', peer: 'csv-parquet-duckdb', as: 'share', goal: 2, aim: 1.1 }],
}

/** All that is run beside peers, in the order of the tables. */
export const contests: readonly Contest[] = [...objectContests, workContest, writing, validating, toParquet]
