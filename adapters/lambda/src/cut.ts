/** Longer than any message that is made to be read, in characters. An answer of Lambda has 6 MB and a log line a quarter of one, for all of it. */
const mostLength = 4_000
const mostItems = 100

/** What an event brings may be megabytes, and an error says what it brought: the beginning is enough to find it. */
export function cutText(text: string): string {
  return text.length <= mostLength ? text : `${text.slice(0, mostLength)}… (${text.length - mostLength} more characters)`
}

/** The same value with its long texts and lists cut, for a line of the log. */
export function cutTexts<V>(value: V): V {
  return cutValue(value) as V
}

function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value)
  if (Array.isArray(value)) {
    const more = value.length - mostItems
    return [...value.slice(0, mostItems).map(cutValue), ...(more > 0 ? [`… ${more} more`] : [])]
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [cutText(name), cutValue(each)]))
}

/** An error as it is thrown to Lambda, which sends its message and its stack back to whoever invoked: it is the same one, cut. */
export function cutError(error: unknown): unknown {
  if (!(error instanceof Error) || error.message.length <= mostLength) return error
  const { message, stack } = error
  error.message = cutText(message)
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message)
  return error
}
