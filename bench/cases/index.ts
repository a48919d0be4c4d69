import type { BenchCase } from '../case.js'
import { contests } from '../contests/index.js'
import { sqlServerVariable } from '../needs.js'
import { duckdbLimitBytes } from './duckdb-limit.js'

const csvToCsv: BenchCase = {
  name: 'csv-to-csv',
  reads: 'file',
  writes: 'folder',
  load: async () => (await import('./csv-to-csv.js')).csvToCsv,
}

const csvStreams: BenchCase = {
  name: 'csv-to-csv-streams',
  reads: 'file',
  writes: 'folder',
  load: async () => (await import('../peers/csv-streams.js')).csvStreams,
}

/** Made up records to one object: what the way out needs by itself. */
const generatedInto = (what: 'csv' | 'csv-gzip', writes: BenchCase['writes']): BenchCase => ({
  name: `generated-${what}-${writes}`,
  reads: 'generated',
  writes,
  load: async () => (await import('./generated.js')).generatedInto(what, writes),
})

const generatedDuckdb: BenchCase = {
  name: 'generated-duckdb',
  reads: 'generated',
  writes: 'folder',
  cacheBytes: duckdbLimitBytes,
  load: async () => (await import('./duckdb.js')).readingsIntoDuckdb,
}

const duckdbToCsv: BenchCase = {
  name: 'duckdb-to-csv',
  reads: 'table',
  fills: generatedDuckdb,
  writes: 'folder',
  cacheBytes: duckdbLimitBytes,
  load: async () => (await import('./duckdb.js')).duckdbToCsv,
}

const duckdbAppender: BenchCase = {
  name: 'generated-duckdb-appender',
  reads: 'generated',
  writes: 'folder',
  load: async () => (await import('../peers/duckdb-appender.js')).duckdbAppender,
}

const generatedSqlServer: BenchCase = {
  name: 'generated-sqlserver',
  reads: 'generated',
  writes: 'server',
  needs: sqlServerVariable,
  load: async () => (await import('./sqlserver.js')).readingsIntoSqlServer,
}

const sqlServerToCsv: BenchCase = {
  name: 'sqlserver-to-csv',
  reads: 'table',
  fills: generatedSqlServer,
  writes: 'folder',
  needs: sqlServerVariable,
  load: async () => (await import('./sqlserver.js')).sqlServerToCsv,
}

const sqlServerInserts: BenchCase = {
  name: 'generated-sqlserver-inserts',
  reads: 'generated',
  writes: 'server',
  needs: sqlServerVariable,
  load: async () => (await import('../peers/sqlserver-inserts.js')).sqlServerInserts,
}

/** Measured at one size and at ten times of it: memory must not grow with the input. */
export const memoryCases: readonly BenchCase[] = [
  generatedInto('csv', 'folder'),
  generatedInto('csv-gzip', 'folder'),
  generatedInto('csv', 's3'),
  generatedInto('csv-gzip', 's3'),
  csvToCsv,
  generatedDuckdb,
  duckdbToCsv,
  generatedSqlServer,
  sqlServerToCsv,
]

/** A case and what it is compared with. */
export interface Comparison {
  readonly ours: BenchCase
  readonly peer: BenchCase
}

/** Measured in turns over the same input; both must write the same. */
export const comparisons: readonly Comparison[] = [
  { ours: csvToCsv, peer: csvStreams },
  { ours: generatedDuckdb, peer: duckdbAppender },
  { ours: generatedSqlServer, peer: sqlServerInserts },
]

/** Every case, by name. */
export const caseByName: ReadonlyMap<string, BenchCase> = new Map(
  [...memoryCases, ...comparisons.flatMap(({ ours, peer }) => [ours, peer]), ...contests.flatMap(({ entrants }) => entrants)].map(
    each => [each.name, each],
  ),
)
