import { rename, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { whyAbsent } from './absent.js'
import type { Contest, Entrant, Goal } from './contests/contest.js'
import { fileHash } from './file-hash.js'
import { type Bench, inputOf, measure } from './measure.js'
import type { Figures } from './measured.js'
import { median } from './numbers.js'
import { progress } from './progress.js'
import { differingParquetRows, differingRow } from './same.js'

/** One entrant's runs: whole processes, from their start. */
export interface Standing {
  readonly name: string
  readonly title: string
  readonly isOurs: boolean
  readonly cpuMs: readonly number[]
  readonly wallMs: readonly number[]
  readonly peakBytes: readonly number[]
  /** Why its output is not the reference's. */
  readonly differs?: string
}

/** A goal and what came of it. */
export interface Judged extends Goal {
  readonly ratio: number
  readonly isReached: boolean
}

/** One contest, after its rounds. */
export interface ContestResult {
  readonly name: string
  readonly title: string
  readonly records: number
  readonly standings: readonly Standing[]
  readonly goals: readonly Judged[]
  /** Who did not take part, and why. */
  readonly leftOut: readonly string[]
}

/** Runs all entrants in turns, round after round; every second round the other way around. */
export async function contestOf(bench: Bench, contest: Contest, baseRecords: number, rounds: number): Promise<ContestResult> {
  const records = Math.max(1000, Math.round(baseRecords * (contest.scale ?? 1)))
  const leftOut = contest.entrants.flatMap(each => whyAbsent(each) ?? [])
  const present = contest.entrants.filter(each => whyAbsent(each) === undefined)
  const seen = new Map<string, Seen[]>(present.map(({ name }) => [name, []]))
  const compared = comparison(bench)
  for (let round = 0; round < rounds; round++) {
    const inTurn = round % 2 === 0 ? present : [...present].reverse()
    for (const each of inTurn) {
      if (each.once && round > 0) continue
      seen.get(each.name)?.push(await runOnce(bench, each, records, compared))
    }
  }
  await compared.forget()
  const standings = present.map(each => standingOf(each, seen.get(each.name) ?? []))
  const { name, title, goals } = contest
  return { name, title, records, standings, goals: goals.flatMap(goal => judged(goal, standings)), leftOut }
}

type Seen = Figures['whole'] & { readonly differs: string | undefined }
type Compared = ReturnType<typeof comparison>

async function runOnce(bench: Bench, entrant: Entrant, records: number, compared: Compared): Promise<Seen> {
  const input = await inputOf(bench, entrant, records)
  return measure(bench, entrant, { records, input }, async figures => {
    progress(`${entrant.name}, ${records} records: ${(figures.whole.cpuMs / 1000).toFixed(2)} s of CPU`)
    return { ...figures.whole, differs: await compared.differs(entrant, figures) }
  })
}

/** Compares what each run wrote with what the first one did. */
function comparison(bench: Bench) {
  let reference: { readonly mark: string; readonly file?: string } | undefined
  const same = new Set<string>()
  return {
    async differs({ name, byValue }: Entrant, { rows, file }: Figures): Promise<string | undefined> {
      const mark = rows ?? (await fileHash(file))
      if (reference === undefined) {
        const kept = file && join(bench.work, `reference${extname(file)}`)
        if (file && kept) await rename(file, kept)
        reference = { mark, ...(kept ? { file: kept } : {}) }
      }
      if (mark === reference.mark || same.has(`${name} ${mark}`)) return undefined
      const why = await whyOther(byValue, reference.file, file)
      if (why === undefined) same.add(`${name} ${mark}`)
      return why
    },
    forget: async () => rm(reference?.file ?? join(bench.work, 'none'), { force: true }),
  }
}

async function whyOther(byValue: Entrant['byValue'], reference?: string, file?: string): Promise<string | undefined> {
  if (reference === undefined || file === undefined || byValue === undefined) return 'other output'
  if (byValue === 'csv') return differingRow(reference, file)
  const rows = await differingParquetRows(reference, file)
  return rows === 0 ? undefined : `${rows} rows are in one file only`
}

function standingOf({ name, title, isOurs }: Entrant, seen: readonly Seen[]): Standing {
  const differs = seen.find(each => each.differs !== undefined)?.differs
  return {
    name,
    title,
    isOurs,
    cpuMs: seen.map(each => each.cpuMs),
    wallMs: seen.map(each => each.wallMs),
    peakBytes: seen.map(each => each.peakBytes),
    ...(differs === undefined ? {} : { differs }),
  }
}

/** Nothing where one of the two did not take part. */
export function judged(goal: Goal, standings: readonly Standing[]): Judged[] {
  const cpuOf = (name: string) => standings.find(each => each.name === name)?.cpuMs
  const [ours, peer] = [cpuOf(goal.ours), cpuOf(goal.peer)]
  if (!ours || !peer) return []
  const times = median(peer) / median(ours)
  const ratio = goal.as === 'times' ? times : 1 / times
  return [{ ...goal, ratio, isReached: goal.as === 'times' ? ratio >= goal.goal : ratio <= goal.goal }]
}
