import { type ColdResult, coreAtMostBytes, importAtMostMs, type ProcessCosts } from './cold.js'
import { type GrowthResult, isFlat, peakAtMostBytes, peakGrowthAtMost } from './growth.js'
import { count, markdownTable, megabytes, percent, seconds, times } from './markdown.js'
import type { MicroResult } from './micro.js'
import { median } from './numbers.js'
import type { ContestResult, Judged, Standing } from './ratios.js'

/** What the parts that stand in `RESULTS.md` measured. */
export interface Measured {
  readonly contests?: readonly ContestResult[]
  readonly growth?: readonly GrowthResult[]
  readonly micro?: readonly MicroResult[]
  readonly cold?: ColdResult
}

/** All tables, with their headings. */
export function sections({ contests = [], growth = [], micro = [], cold }: Measured): string[] {
  return [
    ...(contests.some(({ goals }) => goals.length > 0) ? [`## Goals\n\n${goalsTable(contests)}`] : []),
    ...contests.map(contestSection),
    ...(growth.length > 0 ? [growthSection(growth)] : []),
    ...(cold ? [coldSection(cold)] : []),
    ...(micro.length > 0 ? [microSection(micro)] : []),
  ]
}

function goalsTable(contests: readonly ContestResult[]): string {
  const rows = contests.flatMap(contest => contest.goals.map(goal => goalRow(contest, goal)))
  return markdownTable(['', 'ours', 'beside', 'CPU', 'goal', 'aim', 'reached'], rows)
}

function goalRow({ title, standings }: ContestResult, { ours, peer, as, ratio, goal, aim, isReached }: Judged): string[] {
  const titleOf = (name: string) => standings.find(each => each.name === name)?.title ?? name
  const told = (value: number) => (as === 'times' ? `${times(value)} x less` : `${times(value)} of it`)
  const limit = (value: number) => (as === 'times' ? `${value} x less` : `${value} of it`)
  return [
    title,
    titleOf(ours),
    titleOf(peer),
    told(ratio),
    limit(goal),
    aim === undefined ? '' : limit(aim),
    isReached ? 'yes' : 'no',
  ]
}

function contestSection({ title, records, standings, leftOut }: ContestResult): string {
  const ours = standings.filter(each => each.isOurs)
  const rows = [...standings].sort((a, b) => median(a.cpuMs) - median(b.cpuMs)).map(each => standingRow(each, ours))
  const head = [
    '',
    'runs',
    'CPU s',
    'wall s',
    'peak MB',
    ...ours.map(each => `CPU, times ${each.title.replace('Millrace, ', '')}`),
  ]
  const absent = leftOut.map(each => `\nLeft out: ${each}.\n`).join('')
  return `## ${title}\n\n${count(records)} rows.\n\n${markdownTable(head, rows)}\n${absent}`.trimEnd()
}

function standingRow({ title, isOurs, cpuMs, wallMs, peakBytes, differs }: Standing, ours: readonly Standing[]): string[] {
  return [
    `${isOurs ? `**${title}**` : title}${differs === undefined ? '' : ' (OTHER OUTPUT)'}`,
    String(cpuMs.length),
    seconds(median(cpuMs)),
    seconds(median(wallMs)),
    megabytes(median(peakBytes)),
    ...ours.map(each => times(median(cpuMs) / median(each.cpuMs))),
  ]
}

function growthSection(results: readonly GrowthResult[]): string {
  const sizes = (results[0] as GrowthResult).sizes.map(({ records }) => count(records))
  const rows = results.map(result => [
    result.isOurs ? `**${result.title}**` : result.title,
    ...result.sizes.map(({ records, cpuMs }) => (median(cpuMs) / (records / 1000)).toFixed(2)),
    ...result.sizes.map(({ peakBytes }) => megabytes(median(peakBytes))),
    percent(result.peakGrowth),
    { true: 'yes', false: 'no', undefined: '' }[`${isFlat(result)}`],
  ])
  const head = ['', ...sizes.map(size => `CPU µs/row, ${size}`), ...sizes.map(size => `MB, ${size}`), 'MB more', 'reached']
  const goal = `Goal for ours: ${megabytes(peakAtMostBytes)} MB for the largest, and ${percent(peakGrowthAtMost)} more than for a tenth of its rows.`
  return `## More and more rows\n\nCSV, filter, derive, validate, CSV. ${goal}\n\n${markdownTable(head, rows)}`
}

function coldSection({ bare, core, bundled, added, bundledBytes }: ColdResult): string {
  const row = (title: string, costs: readonly ProcessCosts[], more?: ProcessCosts) => [
    title,
    median(costs.map(each => each.wallMs)).toFixed(1),
    more?.wallMs.toFixed(1) ?? '',
    median(costs.map(each => each.cpuMs)).toFixed(1),
    more?.cpuMs.toFixed(1) ?? '',
  ]
  const table = markdownTable(
    ['a process', 'wall ms', 'more', 'CPU ms', 'more'],
    [
      row('that does nothing', bare),
      row('that imports `@millrace/etl-core`', core, added.core),
      row('that imports it bundled and minified', bundled, added.bundled),
    ],
  )
  const size = `${(bundledBytes / 1000).toFixed(1)} KB minified are loaded (goal: at most ${coreAtMostBytes / 1000} KB).`
  return `## Cold start\n\n${size} Goal: at most ${importAtMostMs} ms more than bare. ${core.length} rounds.\n\n${table}`
}

function microSection(results: readonly MicroResult[]): string {
  const firstOf = (group: string) => results.find(each => each.group === group) as MicroResult
  const rows = results.map(({ group, title, nsPerRow }) => [
    group,
    title === firstOf(group).title ? `**${title}**` : title,
    median(nsPerRow).toFixed(0),
    times(median(nsPerRow) / median(firstOf(group).nsPerRow)),
  ])
  const table = markdownTable(['', 'what', 'CPU ns/row', 'times ours'], rows)
  return `## Loops in one process\n\nFrom memory to memory, when all is compiled: what a part costs without files and start-up.\n\n${table}`
}
