/**
 * Looks up pieces of a JSON text without changing them. `JSON.parse` turns numbers into doubles: `1.50` becomes `1.5`, and integers above
 * 2^53 lose digits. All functions take a text that `JSON.parse` has accepted; on another they may return nonsense, but they end.
 */

/** The index of the next character that is not blank. */
function skipBlank(text: string, at: number): number {
  let index = at
  while (index < text.length && text.charCodeAt(index) <= 32) index++
  return index
}

/** The index after the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return text.length
    let before = quote - 1
    while (text.charCodeAt(before) === 0x5c) before--
    // An even number of backslashes before a quote are pairs: the quote is one.
    if ((quote - before) % 2 === 1) return quote + 1
    from = quote + 1
  }
}

/** The index after the value that begins at `at`. */
export function endOfValue(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return endOfString(text, at)
  if (first !== '{' && first !== '[') {
    let end = at
    while (end < text.length && !',]} \t\r\n'.includes(text[end] as string)) end++
    return end
  }
  let depth = 0
  for (let index = at; index < text.length; ) {
    const char = text[index]
    if (char === '"') {
      index = endOfString(text, index)
      continue
    }
    if (char === '{' || char === '[') depth++
    if ((char === '}' || char === ']') && --depth === 0) return index + 1
    index++
  }
  return text.length
}

/** Visits an array's elements. `visit` is told where each begins and returns where it ends. Returns the index after the array. */
export function eachElement(text: string, at: number, visit: (start: number, index: number) => number): number {
  let start = skipBlank(text, at + 1)
  for (let index = 0; start < text.length && text[start] !== ']'; index++) {
    const after = skipBlank(text, visit(start, index))
    start = text[after] === ',' ? skipBlank(text, after + 1) : after
    if (text[after] !== ',' && text[after] !== ']') return text.length
  }
  return start + 1
}

/** Visits an object's members, like {@link eachElement}. */
export function eachMember(text: string, at: number, visit: (key: string, start: number) => number): number {
  let start = skipBlank(text, at + 1)
  while (start < text.length && text[start] !== '}') {
    const keyEnd = endOfString(text, start)
    const raw = text.slice(start, keyEnd)
    const key: string = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1)
    const after = skipBlank(text, visit(key, skipBlank(text, skipBlank(text, keyEnd) + 1)))
    start = text[after] === ',' ? skipBlank(text, after + 1) : after
    if (text[after] !== ',' && text[after] !== '}') return text.length
  }
  return start + 1
}

/** The text of an object's own member; the last one if there are several, as `JSON.parse` has it. */
export function memberText(text: string, at: number, name: string): { readonly text: string | undefined; readonly end: number } {
  let found: string | undefined
  const end = eachMember(text, at, (key, start) => {
    const stop = endOfValue(text, start)
    if (key === name) found = text.slice(start, stop)
    return stop
  })
  return { text: found, end }
}

/** The texts of an array's elements. */
export function elementTexts(text: string, at = skipBlank(text, 0)): string[] {
  const texts: string[] = []
  eachElement(text, at, start => {
    const end = endOfValue(text, start)
    texts.push(text.slice(start, end))
    return end
  })
  return texts
}

/** The text of each row's own `value` in an answer `[meta, rows]`, row by row; `undefined` for a row without one. */
export function valueTexts(answer: string): (string | undefined)[] {
  const texts: (string | undefined)[] = []
  const readRow = (start: number): number => {
    if (answer[start] !== '{') {
      texts.push(undefined)
      return endOfValue(answer, start)
    }
    const value = memberText(answer, start, 'value')
    texts.push(value.text)
    return value.end
  }
  eachElement(answer, skipBlank(answer, 0), (start, index) =>
    index === 1 && answer[start] === '[' ? eachElement(answer, start, readRow) : endOfValue(answer, start),
  )
  return texts
}
