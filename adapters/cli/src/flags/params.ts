import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Pipeline } from '@millrace/etl-core'
import { didYouMean } from '../nearest.js'
import type { ParamField, ParamFields } from './param-fields.js'
import { paramValue } from './param-values.js'
import type { Given } from './parse.js'
import { plainMessage, type TypedIssue } from './plain-issue.js'

/** Parameters as given, and what is wrong with them: one line for each problem, naming its flag. */
export interface ReadParams {
  readonly input: Readonly<Record<string, unknown>>
  /** What the pipeline's schema made of them; only when there are no problems. */
  readonly output?: unknown
  readonly problems: readonly string[]
  /** A required parameter is not there. */
  readonly missing?: true
}

/** Puts `--params` and the flags together and has the pipeline's schema judge them. Only what was given is handed on: defaults are the schema's. */
export async function readParams(
  pipeline: Pipeline,
  { fields, closed }: ParamFields,
  given: Given,
  cwd: string,
): Promise<ReadParams> {
  const problems: string[] = []
  const input: Record<string, unknown> = { ...(await wholeParams(given.texts.get('params')?.at(-1), cwd, problems)) }
  const unread = problems.length > 0
  for (const field of fields) {
    const texts = given.texts.get(field.flag)
    const value = texts ? paramValue(field, texts) : given.switches.get(field.flag)
    if (value !== undefined) input[field.key] = value
  }
  const keys = new Set(fields.map(field => field.key))
  const strangers = closed ? Object.keys(input).filter(key => !keys.has(key)) : []
  if (!pipeline.params && strangers.length > 0)
    return { input, problems: [...problems, `Pipeline "${pipeline.name}" takes no parameters.`] }
  problems.push(...strangers.map(key => `--params: there is no parameter "${key}".${didYouMean(key, keys)}`))
  if (!pipeline.params) return { input, output: {}, problems }
  const result = await pipeline.params['~standard'].validate(input)
  if (!result.issues) return { input, output: result.value, problems }
  const issues = result.issues.filter(
    // What is told already, and what the parameters that could not be read may hold.
    issue => !isToldAlready(issue, strangers) && !(unread && isMissing(issue, input)),
  )
  const missing = issues.some(issue => isMissing(issue, input))
  return {
    input,
    problems: [...problems, ...issues.map(issue => problemText(issue, fields, input))],
    ...(missing ? { missing } : {}),
  }
}

/** A schema that refuses unknown keys names those that were told with what may have been meant. */
function isToldAlready({ code, keys, path }: Issue, strangers: readonly string[]): boolean {
  return (
    code === 'unrecognized_keys' && (path ?? []).length === 0 && Array.isArray(keys) && keys.every(key => strangers.includes(key))
  )
}

/** Whether a whole parameter is not there. */
function isMissing({ path = [] }: Issue, input: Readonly<Record<string, unknown>>): boolean {
  const [step, ...inner] = path
  const key = typeof step === 'object' ? step.key : step
  return key !== undefined && inner.length === 0 && input[String(key)] === undefined
}

interface Issue extends TypedIssue {
  /** Of zod, for keys it does not know. */
  readonly keys?: unknown
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A schema's complaint in terms of flags. Pure. */
export function problemText(issue: Issue, fields: readonly ParamField[], input: Readonly<Record<string, unknown>>): string {
  const [key, ...inner] = (issue.path ?? []).map(step => (typeof step === 'object' ? step.key : step))
  if (key === undefined) return issue.message
  const field = fields.find(each => each.key === key)
  const flag = field ? `--${field.flag}` : `"${String(key)}"`
  const about = field?.description ? ` (${field.description})` : ''
  if (isMissing(issue, input)) return `${flag} is required${about}.`
  const value = input[String(key)]
  const meant = field && field.choices.length > 0 && typeof value === 'string' ? didYouMean(value, field.choices) : ''
  return `${[flag, ...inner.map(step => (typeof step === 'number' ? `value ${step + 1}` : String(step)))].join(', ')}: ${plainMessage(issue)}.${meant}`.replace(
    /\.\.(?=$| )/,
    '.',
  )
}

/** `--params '{"a":1}'` or `--params @file`. The text itself is never shown: it may hold what should not be in a log. */
async function wholeParams(text: string | undefined, cwd: string, problems: string[]): Promise<Record<string, unknown>> {
  if (text === undefined) return {}
  const file = text.startsWith('@') ? text.slice(1) : undefined
  try {
    const value: unknown = JSON.parse(file === undefined ? text : await readFile(resolve(cwd, file), 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    problems.push('--params takes a JSON object, such as {"since":2010}.')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no file ${file}` : notJson(error, file)
    problems.push(`--params: ${reason}.`)
  }
  return {}
}

function notJson(error: unknown, file: string | undefined): string {
  if (!(error instanceof SyntaxError))
    return `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`
  return file === undefined ? 'what follows is not JSON (in a shell, put it in single quotes)' : `${file} does not hold JSON`
}
