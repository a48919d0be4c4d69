import type { BundleResult } from './bundle.js'
import type { MemoryResult } from './memory.js'
import type { MinuteResult } from './minute.js'
import { median } from './numbers.js'
import type { Measured } from './results.js'
import type { Side, ThroughputResult } from './throughput.js'

/** Everything that was measured, as it is written to `bench.json`. */
export interface BenchReport extends Measured {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly machine: {
    readonly node: string
    readonly platform: string
    readonly cores: number
    readonly processor: string
    readonly memoryBytes: number
  }
  readonly memory: readonly MemoryResult[]
  readonly throughput: readonly ThroughputResult[]
  readonly minute?: MinuteResult
  readonly bundle?: BundleResult
}

/** One line per case, or nothing for no case. */
export function memoryTable(results: readonly MemoryResult[]): string {
  const rows = results.map(({ name, records, peakBytes, bytesOut, growth, verdict }) => [
    name,
    `${count(records[0])} / ${count(records[1])}`,
    `${mb(bytesOut[0])} / ${mb(bytesOut[1])}`,
    `${mb(median(peakBytes[0]))} / ${mb(median(peakBytes[1]))}`,
    `${growth < 0 ? '' : '+'}${(growth * 100).toFixed(1)} %`,
    verdict,
  ])
  return table(['peak memory', 'records', 'MB out', 'peak MB', 'growth', 'verdict'], rows)
}

/** Two lines per comparison and the ratio between them. */
export function throughputTable(results: readonly ThroughputResult[]): string {
  const rows = results.flatMap(({ records, bytesIn, ours, peer, timesPeer, sameOutput }) => [
    [...sideRow(ours, records, bytesIn), `${ratio(timesPeer.wall)} / ${ratio(timesPeer.cpu)}`, ''],
    [...sideRow(peer, records, bytesIn), '1 / 1', sameOutput ? 'same' : 'OTHER'],
  ])
  return table(
    ['throughput', 'records/s', 'MB/s in', 'wall s', 'CPU s', 'peak MB', 'times the peer (wall / CPU)', 'output'],
    rows,
  )
}

function sideRow({ name, wallMs, cpuMs, peakBytes }: Side, records: number, bytesIn: number): string[] {
  const seconds = median(wallMs) / 1000
  return [
    name,
    count(Math.round(records / seconds)),
    bytesIn === 0 ? '' : (bytesIn / 1e6 / seconds).toFixed(1),
    seconds.toFixed(2),
    (median(cpuMs) / 1000).toFixed(2),
    mb(median(peakBytes)),
  ]
}

/** One line: how much of the minute a minute's load takes. */
export function minuteTable(result: MinuteResult | undefined): string {
  if (!result) return ''
  const wallMs = median(result.wallMs)
  const row = [
    'plants to DuckDB',
    count(median(result.readings)),
    String(result.faults.reduce((sum, faults) => sum + faults, 0)),
    (wallMs / 1000).toFixed(2),
    `${((wallMs / 60_000) * 100).toFixed(1)} %`,
  ]
  return table(['a minute, as a command', 'readings', 'faults in all', 'wall s', 'of the minute'], [row])
}

/** Size, and how long the imports take beside that of the client of S3 alone. */
export function bundleTable(result: BundleResult | undefined): string {
  if (!result) return ''
  const { zippedBytes, codeBytes, importMs, withClientMs, peerMs, timesPeer } = result
  return table(
    ['bundle', 'zipped MB', 'code MB', 'import ms', 'times the peer'],
    [
      [
        'worldbank-s3',
        (zippedBytes / 1e6).toFixed(2),
        (codeBytes / 1e6).toFixed(2),
        median(importMs).toFixed(1),
        ratio(timesPeer.import),
      ],
      ['worldbank-s3, client loaded', '', '', median(withClientMs).toFixed(1), ratio(timesPeer.withClient)],
      ['s3-client-alone', '', '', median(peerMs).toFixed(1), '1'],
    ],
  )
}

/** What makes the benchmark fail: one line each. */
export function problemsOf({
  memory,
  throughput,
  contests = [],
}: Pick<BenchReport, 'memory' | 'throughput' | 'contests'>): string[] {
  const grown = memory.filter(({ verdict }) => verdict === 'grows')
  const differing = throughput.filter(({ sameOutput }) => !sameOutput)
  const standings = contests.flatMap(contest => contest.standings)
  return [
    ...grown.map(({ name, growth }) => `${name}: memory grew by ${(growth * 100).toFixed(1)} % with ten times the records.`),
    ...differing.map(({ ours, peer }) => `${ours.name} and ${peer.name} did not write the same.`),
    ...standings.flatMap(({ name, differs }) =>
      differs === undefined ? [] : [`${name} did not come to the same as the others: ${differs}.`],
    ),
  ]
}

const count = (value: number) => value.toLocaleString('en-US')
const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
const ratio = (value: number) => value.toFixed(2)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')
  return `${all.map(row => line(row).trimEnd()).join('\n')}\n`
}
