import type { ParamField } from './param-fields.js'
import type { Given } from './parse.js'

/** Flags with what was made up of them. */
export interface Filled {
  readonly given: Given
  /** For people: `--indicators SP.POP.TOTL`. */
  readonly made: readonly string[]
}

/**
 * Puts an example of its schema, or the first of its choices, in the place of each required parameter that is not there, for commands that only
 * want to know what a pipeline is made of. A place is not made up: what is said of it would look like the real one.
 */
export function filledWithExamples(
  given: Given,
  fields: readonly ParamField[],
  input: Readonly<Record<string, unknown>>,
): Filled {
  const texts = new Map(given.texts)
  const made: string[] = []
  for (const { key, flag, required, examples, choices } of fields) {
    if (!required || input[key] !== undefined) continue
    const example = examples[0] ?? choices[0]
    const text = typeof example === 'object' ? JSON.stringify(example) : String(example)
    if (example === undefined || example === null || isPlace(text)) continue
    texts.set(flag, [text])
    made.push(`--${flag} ${text}`)
  }
  return { given: { ...given, texts }, made }
}

const isPlace = (text: string): boolean => /^[a-z][a-z0-9+.-]+:/i.test(text)
