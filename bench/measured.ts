import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Costs, Done, Job } from './case.js'
import { caseByName } from './cases/index.js'

/** What a measured process tells of itself, as one line of JSON. */
export interface Figures extends Omit<Done, 'sum' | 'program'> {
  /** What the rows of the table it wrote come to. */
  readonly rows?: string
  /** Of the run alone: neither start-up nor imports. */
  readonly wallMs: number
  /** User and system time of all threads, of the run alone. */
  readonly cpuMs: number
  /** The most memory the whole process ever had resident, start-up and imports included. */
  readonly peakBytes: number
  /** Of the whole process up to the end of the run. */
  readonly whole: Costs
}

const [name = '', job = '{}'] = process.argv.slice(2)
const measured = caseByName.get(name)
if (!measured) throw new Error(`No case is called "${name}".`)
const run = await measured.load()

const before = { wallMs: performance.now(), cpu: process.cpuUsage() }
const done = await run(JSON.parse(job) as Job)
const { user, system } = process.cpuUsage(before.cpu)
const { sum, program, ...told } = done
const all = process.cpuUsage()
const figures: Figures = {
  ...told,
  wallMs: performance.now() - before.wallMs,
  cpuMs: (user + system) / 1000,
  peakBytes: peakBytes(),
  // performance.now() counts from the process's start.
  whole: program ?? { wallMs: performance.now(), cpuMs: (all.user + all.system) / 1000, peakBytes: peakBytes() },
}
process.stdout.write(`${JSON.stringify(sum ? { ...figures, rows: await sum() } : figures)}\n`)

/**
 * The peak resident set. Linux hands `ru_maxrss` down: a process that was started by a bigger one begins with that one's peak, so there the
 * kernel's mark of this process's own memory is taken (VmHWM in /proc/self/status).
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
function peakBytes(): number {
  const maxRss = process.resourceUsage().maxRSS * 1024
  if (process.platform !== 'linux') return maxRss
  const mark = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
  return mark === undefined ? maxRss : Number(mark) * 1024
}
