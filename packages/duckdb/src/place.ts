import { ConfigError, type Place } from '@millrace/etl-core'

/**
 * The path a `duckdb:` place stands for, relative to the working directory when it is first used.
 *
 * @throws ConfigError `ETL_PLACE_INVALID`
 */
export function databasePath({ rest, shown }: Place): string {
  const problem = pathProblem(rest)
  if (problem) throw new ConfigError('ETL_PLACE_INVALID', `The place ${shown} ${problem}.`, { context: { place: shown } })
  return rest
}

function pathProblem(path: string): string | undefined {
  if (path.includes('\0')) return 'holds a NUL character'
  if (path.startsWith(':memory:')) {
    return 'is a database in memory, which is gone before anyone can read it. Name a file, in a temporary folder for a test: duckdb:./test.duckdb'
  }
  if (/^~(\/|$)/.test(path)) return 'begins with ~, which only a shell understands. Write the whole path'
  if (path.startsWith('//')) return 'begins with //. Write the path itself: duckdb:./plants.duckdb'
  if (/^md:|^motherduck:/.test(path)) return 'is not on this computer. Name a file: duckdb:./plants.duckdb'
  return /(^|\/)\.{0,2}$/.test(path) ? 'is a folder. Name a file in it: duckdb:./plants.duckdb' : undefined
}
