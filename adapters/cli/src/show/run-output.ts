import { errorsOf, type Logger, type RunEvent, type RunReport, toJson } from '@millrace/etl-core'
import type { CommandIo } from '../io.js'
import { reportedErrorText } from './error.js'
import { liveScreen } from './live-screen.js'
import { liveView } from './live-view.js'
import { summaryText } from './summary.js'

/** Where a run's events, log and end go. */
export interface RunOutput {
  readonly onEvent: (event: RunEvent) => void
  readonly log: Logger
  /** Something for the person at the terminal, whatever the form of the output. */
  say(text: string): void
  finished(report: RunReport): void
  /** The run threw; the error itself is told elsewhere. */
  broke(): void
}

/** How much is shown. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Whether the output of a run is JSON lines: when asked, and where no person watches. */
export const writesJson = (asked: boolean, { isTTY }: Pick<CommandIo, 'isTTY'>): boolean => asked || !isTTY

/** Live lines and a summary on a terminal; otherwise, or when asked, one JSON line per event on stdout, the report last. */
export function runOutput(io: CommandIo, options: OutputOptions): RunOutput {
  return writesJson(options.json, io) ? jsonOutput(io, options) : terminalOutput(io, options)
}

function jsonOutput(io: CommandIo, { quiet, verbose }: OutputOptions): RunOutput {
  const line = (value: unknown) => io.stdout.write(`${JSON.stringify(value)}\n`)
  const logged = (level: 'info' | 'warn') => (message: string, context?: Readonly<Record<string, unknown>>) => {
    if (!quiet) line({ atMs: Date.now(), type: 'log', level, message, ...(context ? { context: toJson(context) } : {}) })
  }
  return {
    // The report comes last, so its event waits for `finished`.
    onEvent: event => {
      if (!quiet && event.type !== 'load.finished') line(event)
    },
    log: { info: logged('info'), warn: logged('warn') },
    say: text => io.stderr.write(`millrace: ${text}\n`),
    finished(report) {
      const { pipeline, loadId } = report
      line({ atMs: Date.parse(report.finishedAt), pipeline, loadId, type: 'load.finished', report })
      for (const error of errorsOf(report)) io.stderr.write(reportedErrorText(error, verbose))
    },
    broke: () => {},
  }
}

function terminalOutput(io: CommandIo, { quiet, verbose }: OutputOptions): RunOutput {
  const view = liveView()
  // A terminal that cannot move its cursor gets the lines that stay, and the summary.
  const draws = !quiet && io.env.TERM !== 'dumb'
  const screen = liveScreen(io, () => (draws ? view.lines(Date.now(), io.columns, io.rows) : []))
  const logged = (mark: string) => (message: string) => {
    if (!quiet) screen.above(`${mark}${message}`)
  }
  return {
    onEvent(event) {
      const stays = view.take(event)
      if (stays !== undefined && !quiet) screen.above(stays)
      else if (draws) screen.changed()
    },
    log: { info: logged(''), warn: logged('warning: ') },
    say: text => screen.above(`millrace: ${text}`),
    finished(report) {
      screen.close()
      io.stdout.write(summaryText(report))
      for (const error of errorsOf(report)) io.stderr.write(reportedErrorText(error, verbose))
    },
    broke: () => screen.close(),
  }
}
