import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parse } from 'csv-parse/sync'
import { inDuckdb } from './peers/duckdb-sql.js'

/** Why two files do not hold the same rows in the same order, or `undefined`. Numbers are compared as numbers, whatever their text. */
export async function differingRow(one: string, other: string): Promise<string | undefined> {
  const others = linesOf(other)[Symbol.asyncIterator]()
  let line = 0
  for await (const a of linesOf(one)) {
    line++
    const { value: b, done } = await others.next()
    if (done) return `one ends before line ${line}`
    if (a !== b && !isSameRow(fieldsIn(a), fieldsIn(b))) return `line ${line}: ${a} and ${b}`
  }
  return (await others.next()).done ? undefined : `one goes on behind line ${line}`
}

// No field of the indicators has a line end in it.
const linesOf = (file: string) => createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
const fieldsIn = (line: string): readonly string[] => parse(line)[0] ?? []

function isSameRow(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field, at) => field === b[at] || isSameNumber(field, b[at] ?? ''))
}

/** Whoever does decimals divides by a million as exactly as whoever does doubles, within their last digit. */
function isSameNumber(a: string, b: string): boolean {
  if (a === '' || b === '') return false
  const [x, y] = [Number(a), Number(b)]
  return x === y || Math.abs(x - y) <= Math.abs(x) * 1e-15
}

/** How many rows of two Parquet files are not in both. */
export async function differingParquetRows(one: string, other: string): Promise<number> {
  const only = (a: string, b: string) => `(SELECT * FROM '${a}' EXCEPT ALL SELECT * FROM '${b}')`
  const [row] = await inDuckdb(
    `SELECT count(*)::INTEGER AS rows FROM (FROM ${only(one, other)} UNION ALL FROM ${only(other, one)})`,
  )
  return Number(row?.rows)
}
