import { type Counts, noCounts, type RunEvent } from '@millrace/etl-core'
import { bytes, count, counted, duration, fit } from './units.js'

/** Lines at most for single splits; what is beyond is summed up in one. */
const maxSplitLines = 12

interface LiveSplit {
  readonly name: string
  readonly startedAtMs: number
  endedAtMs?: number
  counts: Counts
  phase: 'running' | 'waiting' | 'committed' | 'stopped' | 'failed' | 'pending'
  /** What it waits for, or how it failed. */
  about: string
}

/** The state of a run as its events tell it, and how that looks. Knows no terminal. */
export interface LiveView {
  /** Takes an event in; returns a line that should stay above the live ones, if the event is worth one. */
  take(event: RunEvent): string | undefined
  /** The lines as they should stand now, none wider than `columns`, at most `rows`. */
  lines(nowMs: number, columns: number, rows: number): string[]
}

/** A view of a run that has not begun. */
export function liveView(): LiveView {
  const splits = new Map<string, LiveSplit>()
  let planned = 0
  let begunAtMs: number | undefined
  let pipeline: string | undefined
  const update = (id: string, change: Partial<LiveSplit>) => {
    const split = splits.get(id)
    if (split) splits.set(id, { ...split, ...change })
  }
  return {
    take(event) {
      if (event.pipeline !== pipeline) {
        // What follows is a run of its own, whose splits may have the same names.
        splits.clear()
        planned = 0
        begunAtMs = undefined
        pipeline = event.pipeline
      }
      begunAtMs ??= event.atMs
      switch (event.type) {
        case 'load.started':
          planned = event.splits
          return event.resumed ? `taking up load ${event.loadId}, attempt ${event.attempt}` : undefined
        case 'split.started': {
          const known = splits.get(event.split)
          if (known) update(event.split, { phase: 'running', about: '' })
          else
            splits.set(event.split, { name: event.split, startedAtMs: event.atMs, counts: noCounts, phase: 'running', about: '' })
          return undefined
        }
        case 'split.progress':
          update(event.split, { counts: event.counts, phase: 'running', about: '' })
          return undefined
        case 'split.retry':
          update(event.split, { phase: 'waiting', about: `again in ${duration(event.waitMs)}: ${event.error.message}` })
          return undefined
        case 'split.finished': {
          const { counts, status, error } = event.report
          update(event.split, { counts, phase: status, about: error?.message ?? '', endedAtMs: event.atMs })
          return undefined
        }
        case 'group.failed':
          // Why is told once, at the end.
          return `${event.group} failed [${event.error.code}]`
        case 'note':
          return event.message
        default:
          return undefined
      }
    },
    lines(nowMs, columns, rows) {
      const all = [...splits.values()]
      const room = Math.max(1, Math.min(maxSplitLines, rows - 3))
      const [shown, summed] = chosen(all, room)
      const width = Math.min(40, Math.max(8, ...shown.map(split => split.name.length)))
      const lines = shown.map(split => splitLine(split, nowMs, width))
      if (summed.length > 0) lines.push(summaryLine(summed))
      if (planned > 0) lines.push(totalLine(all, planned, nowMs - (begunAtMs ?? nowMs)))
      return lines.map(line => fit(line, columns - 1))
    },
  }
}

const isOver = (split: LiveSplit): boolean => split.endedAtMs !== undefined

/** The splits that get a line: all if they fit, else those still running before those that failed, in the order they began. */
function chosen(all: readonly LiveSplit[], room: number): [shown: readonly LiveSplit[], summed: readonly LiveSplit[]] {
  if (all.length <= room) return [all, []]
  const ranked = [
    ...all.filter(split => !isOver(split)),
    ...all.filter(split => isOver(split) && split.phase === 'failed'),
    ...all.filter(split => isOver(split) && split.phase !== 'failed').reverse(),
  ]
  const kept = new Set(ranked.slice(0, room))
  return [all.filter(split => kept.has(split)), all.filter(split => !kept.has(split))]
}

const marks = { running: '>', waiting: '.', committed: '+', stopped: '=', failed: 'x', pending: ' ' } as const

function splitLine(split: LiveSplit, nowMs: number, width: number): string {
  const name = fit(split.name, width).padEnd(width)
  return `${marks[split.phase]} ${name}  ${[...countTexts(split.counts, (split.endedAtMs ?? nowMs) - split.startedAtMs), split.about].filter(Boolean).join('  ')}`
}

function countTexts(counts: Counts, elapsedMs: number): string[] {
  const rate = elapsedMs >= 100 ? `${count((counts.read * 1000) / elapsedMs)}/s` : ''
  return [
    counted(counts.read, 'record'),
    counts.bytes > 0 ? bytes(counts.bytes) : '',
    rate,
    counts.retries > 0 ? counted(counts.retries, 'retry', 'retries') : '',
    counts.rejected > 0 ? counted(counts.rejected, 'reject') : '',
  ]
}

function summaryLine(splits: readonly LiveSplit[]): string {
  const of = (text: string, matching: (split: LiveSplit) => boolean) => {
    const found = splits.filter(matching).length
    return found > 0 ? `${count(found)} ${text}` : ''
  }
  const phases = [
    of('done', split => split.phase === 'committed'),
    of('failed', split => split.phase === 'failed'),
    of('stopped', split => split.phase === 'stopped'),
    of('running', split => !isOver(split)),
  ]
  const read = splits.reduce((sum, split) => sum + split.counts.read, 0)
  return `  and ${counted(splits.length, 'more split')}: ${phases.filter(Boolean).join(', ')}; ${counted(read, 'record')}`
}

function totalLine(splits: readonly LiveSplit[], planned: number, elapsedMs: number): string {
  const sum = (of: (counts: Counts) => number) => splits.reduce((total, split) => total + of(split.counts), 0)
  const counts = {
    ...noCounts,
    read: sum(c => c.read),
    bytes: sum(c => c.bytes),
    rejected: sum(c => c.rejected),
    retries: sum(c => c.retries),
  }
  return [`${splits.filter(isOver).length}/${counted(planned, 'split')}`, ...countTexts(counts, elapsedMs), duration(elapsedMs)]
    .filter(Boolean)
    .join('  ')
}
