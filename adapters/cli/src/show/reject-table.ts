import { type RejectCount, totalOf } from './reject-counts.js'
import { count, counted, fit, printable } from './units.js'

/** Lines at most on a terminal; `--json` has all. */
const maxLines = 50
/** Columns at most for a load's or a stage's name; made names are shorter. */
const maxLoadWidth = 32
const maxStageWidth = 24

/** Counts as a table that fits a terminal. */
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

/** Counts for programs that read lines: count, load, stage and reason between tabs, nothing cut. */
export function countLines(counts: readonly RejectCount[]): string {
  return counts
    .map(each => `${[String(each.count), each.loadId, each.stage, each.reason].map(text => printable(text)).join('\t')}\n`)
    .join('')
}
