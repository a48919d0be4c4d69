import { type ErrorJson, errorJson, isEtlError } from '@millrace/etl-core'
import { printable } from './units.js'

/** An error for people: what to act on and, where there is one, its cause; the stacks only when asked. */
export function errorText(error: unknown, verbose: boolean): string {
  const lines = [...shortLines(errorJson(error)), ...(isEtlError(error) ? [] : whereLine(error))]
  if (verbose && error instanceof Error) lines.push(...stackLines(error))
  return `${printable(lines.join('\n'), true)}\n`
}

/** An error as the last line of an output that programs read. */
export function errorLine(error: unknown): string {
  return `${JSON.stringify({ atMs: Date.now(), type: 'error', error: errorJson(error) })}\n`
}

/** The same for an error in a report, which has no stack any more. */
export function reportedErrorText(error: ErrorJson, verbose: boolean): string {
  const context = verbose && error.context ? [`  context: ${JSON.stringify(error.context)}`] : []
  return `${printable([...shortLines(error), ...context].join('\n'), true)}\n`
}

function shortLines(error: ErrorJson): string[] {
  const [first = '', ...more] = error.message.split('\n')
  const cause =
    error.cause === undefined || error.message.includes(error.cause) ? [] : [`  cause: ${error.cause.replaceAll('\n', ' ')}`]
  return [`millrace: ${first} [${error.code}]`, ...more, ...packageLine(error), ...cause]
}

/** Packages that open places, by scheme: the command may know them, the core does not. */
const packages: Readonly<Record<string, { readonly name: string; readonly connector: string }>> = {
  file: { name: '@millrace/objects', connector: 'folder' },
  s3: { name: '@millrace/s3', connector: 's3' },
}

/** What is missing where a place is of a scheme that the pipeline does not list. */
function packageLine({ code, context }: ErrorJson): string[] {
  const scheme = code === 'ETL_PLACE_SCHEME' ? context?.scheme : undefined
  const known = typeof scheme === 'string' && Object.hasOwn(packages, scheme) ? packages[scheme] : undefined
  if (!known) return []
  return [
    `  npm install ${known.name}, and in the pipeline: import { ${known.connector} } from '${known.name}' and connectors: [${known.connector}].`,
  ]
}

/** An error nobody foresaw is most often a slip in the pipeline: the first frame outside of Node and packages shows where. */
function whereLine(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frame = stack.split('\n').find(line => /^\s+at /.test(line) && !/node:|[\\/]node_modules[\\/]/.test(line))
  return frame ? [`  ${frame.trim()}`] : []
}

function stackLines(error: Error): string[] {
  const lines: string[] = []
  let next: unknown = error
  for (let depth = 0; next instanceof Error && depth < 6; depth++) {
    lines.push(...`${depth === 0 ? '' : 'caused by '}${next.stack ?? String(next)}`.split('\n').map(line => `  ${line}`))
    next = next.cause
  }
  return lines
}
