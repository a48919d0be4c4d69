/** What of a schema's complaint is looked at: zod's tells what was wanted. */
export interface TypedIssue {
  readonly message: string
  readonly code?: unknown
  readonly origin?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly inclusive?: unknown
  readonly expected?: unknown
  readonly values?: unknown
}

const wanted: Readonly<Record<string, string>> = {
  number: 'takes a number',
  int: 'takes a whole number',
  boolean: 'takes true or false',
  string: 'takes a text',
  array: 'takes a list',
  object: 'takes a JSON object',
}

/** What is counted in what has a length. */
const counted: Readonly<Record<string, string>> = { array: 'value', set: 'value', string: 'character' }

/** A complaint in words for whoever gave the flag. What a schema words itself stays; only zod's own texts are put plainly. Pure. */
export function plainMessage(issue: TypedIssue): string {
  const { message, code, expected, values } = issue
  if (code === 'too_small' && message.startsWith('Too small: ')) return limitText(issue, issue.minimum, 'least') ?? message
  if (code === 'too_big' && message.startsWith('Too big: ')) return limitText(issue, issue.maximum, 'most') ?? message
  if (code === 'invalid_type' && message.startsWith('Invalid input: ')) return wanted[String(expected)] ?? message
  if (code === 'invalid_value' && message.startsWith('Invalid option: ') && Array.isArray(values))
    return `takes one of ${values.join(', ')}`
  return message
}

function limitText({ origin, inclusive }: TypedIssue, limit: unknown, end: 'least' | 'most'): string | undefined {
  if (typeof limit !== 'number' && typeof limit !== 'bigint') return undefined
  const one = counted[String(origin)]
  if (one !== undefined) {
    const shown = `${limit} ${one}${String(limit) === '1' ? '' : 's'}`
    return origin === 'string' && end === 'least' && String(limit) === '1' ? 'must not be empty' : `takes at ${end} ${shown}`
  }
  if (origin !== 'number' && origin !== 'int' && origin !== 'bigint') return undefined
  return inclusive === false ? `must be ${end === 'least' ? 'more' : 'less'} than ${limit}` : `must be at ${end} ${limit}`
}
