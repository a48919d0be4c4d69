import { type ApiMessage, problem, refusedByApi } from './errors.js'

/** One answer of the API, taken apart. */
export interface Page {
  /** 0 when nothing matches. Right on page 1 only: past the end the API makes up another number. */
  readonly pages: number
  readonly total: number
  /** `null` in answers without a source, such as the country listing. */
  readonly sourceId: string | null
  /** `null` when nothing matches. */
  readonly lastUpdated: string | null
  readonly rows: readonly unknown[]
  /** The body's text, for what `JSON.parse` does not keep. */
  readonly text: string
}

/**
 * Takes an answer apart. `what` says what was asked for, in errors.
 *
 * @throws SourceError `ETL_SOURCE_REFUSED` with the API's message, `ETL_SOURCE_MALFORMED` for anything but `[meta, rows]`.
 */
export function parsePage(text: string, what: string): Page {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw notAnAnswer(text, what, cause)
  }
  if (!Array.isArray(answer) || !isObject(answer[0])) throw notAnAnswer(text, what)
  const meta = answer[0]
  if (Array.isArray(meta.message)) throw refusedByApi(what, meta.message.map(messageOf))
  const rows: unknown = answer[1]
  const pages = counter(meta.pages)
  const total = counter(meta.total)
  // The second element is null when nothing matches.
  if (pages === undefined || total === undefined || (!Array.isArray(rows) && (rows ?? null) !== null))
    throw notAnAnswer(text, what)
  return {
    pages,
    total,
    sourceId: textOrNull(meta.sourceid),
    lastUpdated: textOrNull(meta.lastupdated),
    rows: Array.isArray(rows) ? rows : [],
    text,
  }
}

/** Whether a body could be JSON that arrived whole. Cheap: looks at both ends only. */
export function looksLikeJson(body: Buffer): boolean {
  const start = body
    .subarray(0, 64)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()[0]
  const end = body.subarray(-64).toString('utf8').trimEnd().at(-1)
  return (start === '[' && end === ']') || (start === '{' && end === '}')
}

/** Numbers in most answers, decimal text in others. */
function counter(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function messageOf(message: unknown): ApiMessage {
  const { id, key, value } = isObject(message) ? message : {}
  return { id: String(id ?? ''), key: String(key ?? ''), value: String(value ?? 'no reason given') }
}

function notAnAnswer(text: string, what: string, cause?: unknown) {
  return problem('notAnAnswer', what, [text.replace(/\s+/g, ' ').trim().slice(0, 200)], {}, cause)
}
