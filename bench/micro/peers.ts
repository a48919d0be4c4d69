import { csv, ndjson } from '@millrace/formats'
import { stringify } from 'csv-stringify/sync'
import papa from 'papaparse'
import { inferSchema, initParser } from 'udsv'
import type { Indicator } from '../inputs/indicators.js'
import type { Loop } from './micro-case.js'
import { indicatorBytes, indicators } from './texts.js'

const textOf = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString()

/** papaparse over one text. */
export async function papaparseText(): Promise<Loop> {
  const text = await textOf(indicatorBytes(csv()))
  return () => papa.parse<Indicator>(text, { header: true, skipEmptyLines: true }).data.length
}

/** uDSV over one text. */
export async function udsvText(): Promise<Loop> {
  const text = await textOf(indicatorBytes(csv()))
  const parser = initParser(inferSchema(text))
  return () => parser.stringObjs(text).length
}

/** Lines through JSON.parse, over one text. */
export async function jsonLines(): Promise<Loop> {
  const text = await textOf(indicatorBytes(ndjson()))
  return () => {
    let rows = 0
    for (const line of text.split('\n')) if (line !== '' && JSON.parse(line)) rows++
    return rows
  }
}

/** csv-stringify at once, a thousand rows at a time. */
export async function csvStringifySync(): Promise<Loop> {
  const rows = indicators()
  return () => {
    for (let at = 0; at < rows.length; at += 1000) Buffer.from(stringify(rows.slice(at, at + 1000)))
    return rows.length
  }
}

/** papaparse, a thousand rows at a time. */
export async function papaparseUnparse(): Promise<Loop> {
  const rows = indicators()
  return () => {
    for (let at = 0; at < rows.length; at += 1000) Buffer.from(papa.unparse(rows.slice(at, at + 1000), { header: false }))
    return rows.length
  }
}
