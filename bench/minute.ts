import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { RunReport } from '@millrace/etl-core'
import type { Bench } from './measure.js'
import { startEntry } from './processes.js'
import { progress } from './progress.js'

/** A round over all plants, as a command in a process of its own: start-up, requests, load and end. */
export interface MinuteResult {
  /** Of each run, the first of which makes the tables. */
  readonly wallMs: readonly number[]
  /** Readings that came, in each run. */
  readonly readings: readonly number[]
  readonly faults: readonly number[]
}

/** Runs `millrace run plants` into a DuckDB file, again and again. */
export async function minutes(bench: Bench, root: string, runs: number): Promise<MinuteResult> {
  const folder = join(bench.work, 'minutes')
  await mkdir(folder, { recursive: true })
  const server = await startEntry(bench, 'plants-process')
  const seen: { wallMs: number; report: RunReport }[] = []
  try {
    const { url } = JSON.parse(server.told) as { url: string }
    const flags = ['--api-url', url, '--to', `duckdb:${join(folder, 'plants.duckdb')}`]
    for (let run = 0; run < runs; run++) seen.push(await round(root, flags))
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    wallMs: seen.map(({ wallMs }) => wallMs),
    readings: seen.map(({ report }) => report.counts.written + report.counts.rejected),
    faults: seen.map(({ report }) => report.counts.source?.faults ?? 0),
  }
}

async function round(root: string, flags: readonly string[]) {
  const began = performance.now()
  const command = join(root, 'adapters/cli/bin/millrace.js')
  const child = spawn(process.execPath, [command, 'run', 'plants', ...flags, '--json', '--quiet'], {
    cwd: join(root, 'systems/plants'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [told, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  const wallMs = performance.now() - began
  const { report } = JSON.parse(told) as { report: RunReport }
  if (code !== 0) throw new Error(`millrace run plants ended with exit code ${code}.`)
  progress(`plants: ${report.counts.written} readings in ${(wallMs / 1000).toFixed(2)} s`)
  return { wallMs, report }
}
