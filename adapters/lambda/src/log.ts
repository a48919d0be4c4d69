import { type Logger, type RunReport, toJson } from '@millrace/etl-core'
import { cutText, cutTexts } from './cut.js'
import type { RunLogger } from './instruments.js'

/** Writes one JSON line. */
export type WriteLine = (level: 'INFO' | 'WARN' | 'ERROR', message: string, more: object) => void

/** Lines as a logger makes them; without one as plain JSON, with the same fields in the same places. Long texts and lists in them are cut. */
export function written(logger: RunLogger | undefined, write: (line: string) => void): WriteLine {
  if (!logger) return (level, message, more) => write(JSON.stringify(cutTexts({ level, message, ...more })))
  const levels = { INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  return (level, message, more) => logger[levels[level]](cutText(message), cutTexts({ ...more }))
}

/** A pipeline's log as JSON lines. */
export function jsonLog(line: WriteLine): Logger {
  const at = (level: 'INFO' | 'WARN') => (message: string, context?: Readonly<Record<string, unknown>>) =>
    line(level, message, context ? { context: toJson(context) } : {})
  return { info: at('INFO'), warn: at('WARN') }
}

/** What a log query asks for. The whole report may be larger than one log line can be. */
export function summaryOf(report: RunReport): Readonly<Record<string, unknown>> {
  const { status, reason, loadId, attempt, durationMs, counts, requests = {}, left, notes, error, next } = report
  const following = next?.slice(0, 10).map(({ pipeline, loadId, report, error, pending }) => {
    return { pipeline, loadId, status: report?.status, pending, error: error ?? report?.error }
  })
  return {
    status,
    reason,
    loadId,
    attempt,
    durationMs,
    counts,
    requests,
    left,
    notes: notes.slice(0, 10),
    error,
    next: following,
  }
}
