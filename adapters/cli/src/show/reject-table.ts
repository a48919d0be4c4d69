import { type ReasonCount, type RejectCount, totalOf } from './reject-counts.js'
import { count, counted, fit, printable } from './units.js'

/** Lines at most on a terminal; `--json` has all. */
const maxLines = 50
/** Columns at most for a load's or a stage's name; made names are shorter. */
const maxLoadWidth = 32
const maxStageWidth = 24

/** Counts of reasons as a table that fits a terminal. Which loads they were in stands below each, where there is more than one load. */
export function reasonTable(reasons: readonly ReasonCount[], loads: number, place: string, columns: number): string {
  const shown = reasons.slice(0, maxLines)
  const cells = [
    ['count', 'loads', 'stage'],
    ...shown.map(each => [count(each.count), count(each.loads), fit(each.stage, maxStageWidth)]),
  ]
  const [counts = 0, inLoads = 0, stages = 0] = [0, 1, 2].map(column =>
    Math.max(...cells.map(row => [...(row[column] ?? '')].length)),
  )
  const line = ([found = '', within = '', at = '']: readonly string[], reason: string) =>
    fit(`${found.padStart(counts)}  ${within.padStart(inLoads)}  ${at.padEnd(stages)}  ${reason}`, columns - 1)
  const below = ' '.repeat(counts + inLoads + 4)
  const rows = shown.flatMap((each, at) => [
    line(cells[at + 1] ?? [], each.reason),
    ...(loads > 1 ? [fit(`${below}${loadsText(each)}`, columns - 1)] : []),
  ])
  const within = loads === 1 ? `1 load (${shown[0]?.firstLoad})` : counted(loads, 'load')
  return [
    line(cells[0] ?? [], 'reason'),
    ...rows,
    ...(reasons.length > maxLines ? [`and ${counted(reasons.length - maxLines, 'more reason')}: --json has all`] : []),
    printable(`${counted(totalOf(reasons), 'reject')} in ${within}, kept in ${place}`),
  ]
    .map(text => `${text}\n`)
    .join('')
}

const loadsText = ({ loads, firstLoad, lastLoad }: ReasonCount): string =>
  loads === 1 ? `in ${firstLoad}` : `from ${firstLoad} to ${lastLoad}`

/** Counts of reasons for programs that read lines: count, loads, first load, last load, stage and reason between tabs, nothing cut. */
export function reasonLines(reasons: readonly ReasonCount[]): string {
  const fields = ({ count, loads, firstLoad, lastLoad, stage, reason }: ReasonCount) =>
    [String(count), String(loads), firstLoad, lastLoad, stage, reason].map(text => printable(text)).join('\t')
  return reasons.map(each => `${fields(each)}\n`).join('')
}

/** Counts by load as a table that fits a terminal. */
export function countTable(counts: readonly RejectCount[], place: string, columns: number): string {
  const shown = counts.slice(0, maxLines)
  const rows = [
    ['count', 'load', 'stage'],
    ...shown.map(each => [count(each.count), fit(each.loadId, maxLoadWidth), fit(each.stage, maxStageWidth)]),
  ]
  const [counts_ = 0, load = 0, stage = 0] = [0, 1, 2].map(column =>
    Math.max(...rows.map(row => [...(row[column] ?? '')].length)),
  )
  const line = ([found = '', loadId = '', at = '']: readonly string[], reason: string) =>
    fit(`${found.padStart(counts_)}  ${loadId.padEnd(load)}  ${at.padEnd(stage)}  ${reason}`, columns - 1)
  const loads = new Set(counts.map(({ loadId }) => loadId)).size
  return [
    ...rows.map((row, at) => line(row, at === 0 ? 'reason' : (shown[at - 1]?.reason ?? ''))),
    ...(counts.length > maxLines ? [`and ${counted(counts.length - maxLines, 'more line')}: --json has all`] : []),
    printable(`${counted(totalOf(counts), 'reject')} in ${counted(loads, 'load')}, kept in ${place}`),
  ]
    .map(text => `${text}\n`)
    .join('')
}

/** Counts by load for programs that read lines: count, load, stage and reason between tabs, nothing cut. */
export function countLines(counts: readonly RejectCount[]): string {
  return counts
    .map(each => `${[String(each.count), each.loadId, each.stage, each.reason].map(text => printable(text)).join('\t')}\n`)
    .join('')
}
