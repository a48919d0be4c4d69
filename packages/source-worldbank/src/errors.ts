import { type Json, SourceError } from '@millrace/etl-core'

/** One message of the API's error answers, which come with HTTP 200. */
export interface ApiMessage {
  readonly id: string
  readonly key: string
  readonly value: string
}

/** What to do about the API's messages, by id. All are about the request: asking again changes nothing. */
const advice: Readonly<Record<string, string>> = {
  '120': 'Check the codes of indicators, countries and source.',
  '150': 'Choose another language, or none for English.',
  '175': 'Its metadata may still answer. Look for a successor at https://data.worldbank.org/indicator.',
}

/** The errors of this source that are not the HTTP reader's. Code, what to say, whether another attempt may help. */
const problems = {
  /** The plan and an earlier page hold only for the data they were read from. The runner reads the split, then plans, again. */
  changed: {
    code: 'ETL_SOURCE_CHANGED',
    retry: 'later',
    say: (was: string, is: string) => `was updated while it was read: last updated ${was} before, ${is} now.`,
  },
  /** Pages are cut afresh for each request; while the data is being replaced they may not fit together. */
  incomplete: {
    code: 'ETL_SOURCE_MALFORMED',
    retry: 'later',
    say: (read: string, total: string) => `ended after ${read} rows, but the first page announced ${total}.`,
  },
  /** As `incomplete`, but some of the rows are from an earlier attempt: only a new start can tell. */
  incompleteAfterResume: {
    code: 'ETL_SOURCE_CHANGED',
    retry: 'later',
    say: (read: string, total: string) =>
      `ended after ${read} rows, those of an earlier attempt included, but ${total} were announced.`,
  },
  otherIndicator: {
    code: 'ETL_SOURCE_MALFORMED',
    retry: 'later',
    say: (got: string) => `answered with rows of "${got}".`,
  },
  undated: {
    code: 'ETL_SOURCE_MALFORMED',
    retry: 'never',
    say: () => 'has rows but no "lastupdated": whether it changes while it is read could not be told.',
  },
  notAnAnswer: {
    code: 'ETL_SOURCE_MALFORMED',
    retry: 'later',
    say: (start: string) => `answered with something that is not [meta, rows]: ${start}`,
  },
} as const

/** An error of this source. `what` is what was asked for, `page 3 of SP.POP.TOTL`. */
export function problem(
  kind: keyof typeof problems,
  what: string,
  told: readonly string[] = [],
  context: Readonly<Record<string, Json>> = {},
  cause?: unknown,
): SourceError {
  const { code, retry, say } = problems[kind]
  const text = (say as (...told: readonly string[]) => string)(...told)
  return new SourceError(code, `World Bank: ${what} ${text}`, { retry, context, ...(cause === undefined ? {} : { cause }) })
}

/** The API said no, in its own words. Never retried. */
export function refusedByApi(what: string, messages: readonly ApiMessage[]): SourceError {
  const said = messages.map(({ id, key, value }) => `${value.replace(/\.$/, '')} (${id} ${key})`).join('; ')
  const help = messages.flatMap(({ id }) => advice[id] ?? [])
  return new SourceError('ETL_SOURCE_REFUSED', [`World Bank refused ${what}: ${said}.`, ...new Set(help)].join(' '), {
    context: { messages: messages.map(({ id, key, value }) => ({ id, key, value })) },
  })
}
