import { ConfigError } from '@millrace/etl-core'
import type { BuildFailure, Message } from 'esbuild'
import { shownPath } from './shown-path.js'

/** Whether the compiler refused the sources, as opposed to any other failure. */
export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as { errors?: unknown }).errors)
}

/** What the compiler said, with file, line, column and the line's text. */
export function compileError(errors: readonly Message[], file: string, cwd: string): ConfigError {
  const shown = shownPath(file, cwd)
  return new ConfigError(
    'ETL_PIPELINE_COMPILE',
    [`${shown} does not compile.`, ...errors.slice(0, 10).flatMap(messageLines)].join('\n'),
  )
}

function messageLines({ text, location }: Message): string[] {
  if (!location) return [`  ${text}`]
  const gutter = `  ${location.line} | `
  const caret = ' '.repeat(gutter.length + location.column)
  return [`  ${location.file}:${location.line}:${location.column + 1}: ${text}`, `${gutter}${location.lineText}`, `${caret}^`]
}
