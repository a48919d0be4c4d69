import { parseArgs } from 'node:util'
import type { BenchCase } from './case.js'
import { caseByName, comparisons, memoryCases } from './cases/index.js'
import type { MemoryRuns } from './memory.js'

const parts = ['memory', 'throughput', 'minute', 'bundle'] as const
type Part = (typeof parts)[number]

/** What is to be measured, and how. */
export interface Flags {
  readonly only: Part | undefined
  /** A part of the case's name. */
  readonly case: string
  readonly records: number
  readonly memoryRuns: MemoryRuns
  readonly throughputRuns: number
  readonly cpuProf: boolean
  readonly out: string | undefined
}

const quickRecords = 2000
const fullRecords = 1_000_000

export const help = `npm run bench -- [flags]

  --only memory|throughput|minute|bundle  One of the parts. Default: all; with --case, memory and throughput.
  --case <text>              Only the cases whose name has this in it.
  --records <n>              Records of the smaller memory run (the larger has ten times as many) and of each throughput run. Default ${fullRecords}.
  --runs <n>                 Runs of each case. Default: memory 3 at the small size and 1 at the large one, throughput and minute 5, bundle 20 (four times the flag).
  --quick                    ${quickRecords} records, one run: does everything work? Says nothing about speed or memory.
  --cpu-prof                 A CPU profile of every run, in <out>/profiles, for the DevTools of Chrome or an editor. Slows the run.
  --out <folder>             Where bench.json, profiles and the files of a run go; it needs some 4 GB. Default ./out.
  --help

Cases: ${[...caseByName.keys()].join(', ')}

Examples:
  npm run bench
  npm run bench -- --quick
  npm run bench -- --only throughput --records 200000 --runs 9
  npm run bench -- --only memory --case s3
  npm run bench -- --only throughput --case csv-to-csv --runs 1 --cpu-prof

Cases with sqlserver in their name are left out unless MILLRACE_TEST_SQLSERVER holds sqlserver://user:password@host:port/database of a
server whose tables bench_ours and bench_peer may be overwritten.

Exits with 1 if memory grew by more than 15 %, if both sides of a comparison did not write the same, or if the bundle is larger than 1 MB or
takes more than 1.5 times as long to import as the client of S3 alone.
`

/** Reads the flags. Throws an Error that says what is wrong; `help` if help was asked for. */
export function flagsFrom(args: readonly string[]): Flags | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      case: { type: 'string', default: '' },
      records: { type: 'string' },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'cpu-prof': { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const only = parts.find(part => part === values.only)
  if (values.only !== undefined && only === undefined)
    throw new Error(`--only takes memory, throughput, minute or bundle, and not "${values.only}".`)
  const runs = values.runs === undefined ? undefined : wholeNumber('--runs', values.runs)
  return {
    only,
    case: knownCase(values.case),
    records:
      values.records === undefined ? (values.quick ? quickRecords : fullRecords) : wholeNumber('--records', values.records),
    memoryRuns: { small: runs ?? (values.quick ? 1 : 3), large: runs ?? 1 },
    throughputRuns: runs ?? (values.quick ? 1 : 5),
    cpuProf: values['cpu-prof'],
    out: values.out,
  }
}

function knownCase(text: string): string {
  if ([...caseByName.keys()].some(name => name.includes(text))) return text
  throw new Error(`--case: no case has "${text}" in its name. Cases: ${[...caseByName.keys()].join(', ')}.`)
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`${flag} takes a whole number above 0, and not "${text}".`)
}

/** The cases that were asked for. */
export function chosen(flags: Flags) {
  const named = ({ name, needs }: BenchCase) =>
    name.includes(flags.case) && (needs === undefined || process.env[needs] !== undefined)
  const isAsked = (part: Part) => (flags.only ?? part) === part
  return {
    memory: isAsked('memory') ? memoryCases.filter(named) : [],
    throughput: isAsked('throughput') ? comparisons.filter(({ ours, peer }) => named(ours) || named(peer)) : [],
    minute: flags.only === 'minute' || (flags.only === undefined && flags.case === ''),
    bundle: flags.only === 'bundle' || (flags.only === undefined && flags.case === ''),
  }
}
