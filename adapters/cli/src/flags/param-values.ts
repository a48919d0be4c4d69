import type { ParamField, ValueKind } from './param-fields.js'

/**
 * A flag's texts (one for each time it was given) as the value its schema asks for. What does not fit is handed on as text: the schema
 * then says what is wrong with it, together with all other problems.
 */
export function paramValue(field: ParamField, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? ''
  if (field.kinds.includes('array') && (texts.length > 1 || field.kinds[0] === 'array')) {
    return texts.flatMap(text => listOf(text)).map(item => readAs(field.itemKinds, item))
  }
  return readAs(field.kinds, last)
}

/** `a, b` as two items; a JSON list for items that hold commas. */
function listOf(text: string): unknown[] {
  if (text.trimStart().startsWith('[')) {
    const list = parsedJson(text)
    if (Array.isArray(list)) return list
  }
  if (text.trimStart().startsWith('{')) return [text]
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function readAs(kinds: readonly ValueKind[], item: unknown): unknown {
  if (typeof item !== 'string') return item
  for (const kind of kinds) {
    const value = readers[kind](item)
    if (value !== undefined) return value
  }
  return item
}

const readers: Record<ValueKind, (text: string) => unknown> = {
  string: text => text,
  number: text => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined
    const value = Number(text)
    // A whole number that float64 cannot hold must not arrive as its neighbour.
    return Number.isFinite(value) && (!/^[+-]?\d+$/.test(text) || Number.isSafeInteger(value)) ? value : undefined
  },
  boolean: text => (text === 'true' ? true : text === 'false' ? false : undefined),
  array: text => listOf(text),
  json: parsedJson,
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
