import { parseArgs } from 'node:util'
import type { BenchCase } from './case.js'
import { caseByName, comparisons, memoryCases } from './cases/index.js'
import type { Contest } from './contests/contest.js'
import { contests } from './contests/index.js'
import type { MemoryRuns } from './memory.js'

/** Those of a plain run, whose figures stand in `RESULTS.md`. */
const mainParts = ['ratios', 'growth', 'micro', 'cold'] as const
const otherParts = ['memory', 'throughput', 'minute', 'bundle'] as const
const parts = [...mainParts, ...otherParts]
type Part = (typeof parts)[number]

/** What is to be measured, and how. */
export interface Flags {
  readonly only: Part | undefined
  /** A part of the case's name. */
  readonly case: string
  /** Of memory and throughput. */
  readonly records: number
  readonly memoryRuns: MemoryRuns
  readonly throughputRuns: number
  /** Of the contests; the others are made of it. */
  readonly rows: number
  readonly rounds: number
  /** How long a loop is timed. */
  readonly microMs: number
  readonly coldRounds: number
  readonly cpuProf: boolean
  readonly out: string | undefined
  /** Write `RESULTS.md`. */
  readonly results: boolean
}

const quickRecords = 2000
const fullRecords = 1_000_000
const quickRows = 10_000
const fullRows = 2_000_000

export const help = `npm run bench -- [flags]

  --only <part>     ratios: beside named peers, over the same files.
                    growth: CPU time and memory over 1, 10 and 100 times the rows.
                    micro: decoding, encoding and validating alone. cold: what importing the core costs.
                    memory, throughput: into folders, buckets and databases. minute: the plants' load. bundle: a function's size and import.
                    Default: ratios, growth, micro and cold; with --case, all that have cases of such a name.
  --case <text>     Only the cases, or the contests, whose name has this in it.
  --records <n>     Rows of a contest (default ${fullRows}; growth begins at a tenth of it), records of the smaller memory run and of each
                    throughput run (default ${fullRecords}).
  --runs <n>        Runs of each case. Default: ratios, throughput and minute 5, growth 3 and 1 of the largest, micro 3, cold 40 (eight times
                    the flag), memory 3 and 1 of the large one, bundle 20 (four times the flag).
  --quick           Few rows, one run: does everything work? Says nothing about speed or memory.
  --results         Write bench/RESULTS.md. A plain run does.
  --cpu-prof        A CPU profile of every run, in <out>/profiles, for the DevTools of Chrome or an editor. Slows the run.
  --out <folder>    Where bench.json, profiles and the files of a run go; it needs some 4 GB. Default ./out.
  --help

Contests: ${contests.map(({ name }) => name).join(', ')}
Cases: ${[...caseByName.keys()].join(', ')}

Examples:
  npm run bench
  npm run bench -- --quick
  npm run bench -- --only ratios --case csv-work --records 200000 --runs 9
  npm run bench -- --only memory --case s3
  npm run bench -- --only ratios --case csv-work --runs 1 --cpu-prof

Cases with sqlserver in their name are left out unless MILLRACE_TEST_SQLSERVER holds sqlserver://user:password@host:port/database of a
server whose tables bench_ours and bench_peer may be overwritten.

Exits with 1 if two sides did not come to the same, if memory grew by more than 15 %, or if the bundle is larger than 1 MB or takes more
than 1.5 times as long to import as the client of S3 alone. Goals that are not reached are told, and are no failure.
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
      results: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const only = parts.find(part => part === values.only)
  if (values.only !== undefined && only === undefined)
    throw new Error(`--only takes ${parts.join(', ')}, and not "${values.only}".`)
  const runs = values.runs === undefined ? undefined : wholeNumber('--runs', values.runs)
  const records = values.records === undefined ? undefined : wholeNumber('--records', values.records)
  const { quick } = values
  const isPlain = !quick && only === undefined && values.case === '' && runs === undefined && records === undefined
  return {
    only,
    case: knownCase(values.case),
    records: records ?? (quick ? quickRecords : fullRecords),
    memoryRuns: { small: runs ?? (quick ? 1 : 3), large: runs ?? 1 },
    throughputRuns: runs ?? (quick ? 1 : 5),
    rows: records ?? (quick ? quickRows : fullRows),
    rounds: runs ?? (quick ? 1 : 5),
    microMs: quick ? 50 : 1500,
    coldRounds: (runs ?? (quick ? 1 : 5)) * 8,
    cpuProf: values['cpu-prof'],
    out: values.out,
    results: values.results || isPlain,
  }
}

function knownCase(text: string): string {
  const names = [...contests.map(({ name }) => name), ...caseByName.keys()]
  if (names.some(name => name.includes(text))) return text
  throw new Error(`--case: no case has "${text}" in its name. Cases: ${names.join(', ')}.`)
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
  const isAsked = (part: Part) => flags.only === undefined || flags.only === part
  // Named cases are looked for in all parts; without a name it is the main parts, and the others are asked for.
  const isWanted = (part: Part) => isAsked(part) && (flags.only !== undefined || flags.case !== '' || isMain(part))
  const isWhole = (part: Part) => isWanted(part) && (flags.only !== undefined || flags.case === '')
  return {
    contests: isWanted('ratios') ? contests.flatMap(contest => withCases(contest, flags.case)) : [],
    growth: isWhole('growth'),
    micro: isWhole('micro'),
    cold: isWhole('cold'),
    memory: isWanted('memory') ? memoryCases.filter(named) : [],
    throughput: isWanted('throughput') ? comparisons.filter(({ ours, peer }) => named(ours) || named(peer)) : [],
    minute: isWhole('minute'),
    bundle: isWhole('bundle'),
  }
}

const isMain = (part: Part) => (mainParts as readonly Part[]).includes(part)

/** A contest of that name whole; else those of its entrants, if any. */
function withCases(contest: Contest, text: string): Contest[] {
  if (contest.name.includes(text)) return [contest]
  const entrants = contest.entrants.filter(({ name }) => name.includes(text))
  return entrants.length === 0 ? [] : [{ ...contest, entrants }]
}
