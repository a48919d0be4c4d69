import { ConfigError, hashOf } from '@millrace/etl-core'
import { keyProblem } from '../keys.js'

/** Where this package keeps what is its own, at every place. Readers of data pass over `_`. */
export const ownFolder = '_millrace'

const field = /\{([^{}]*)\}/g

/** What is wrong with a path template, as far as can be told without its values. */
export function templateProblem(template: string): string | undefined {
  const rest = template.replace(field, 'x')
  if (/[{}]/.test(rest)) return 'a brace is not closed, or not opened'
  const empty = [...template.matchAll(field)].find(([, name]) => name === '')
  if (empty) return 'a field between braces has no name'
  return keyProblem(rest)
}

/**
 * Puts values into a path template: `{indicator}/latest.csv`. A value never leads out of its place: slashes, backslashes and control
 * characters become `-`, and so do dots that would stand alone; names over 200 bytes are cut. Such names end with a hash of the value.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for a field that is not known, naming those that are, and for what cannot be a key.
 */
export function expandTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const key = template.replace(field, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw unknownField(template, name, Object.keys(values))
    return asName(values[name] as string)
  })
  const problem = key.split('/')[0] === ownFolder ? `"${ownFolder}" is where staging and state lie` : keyProblem(key)
  if (problem) {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `The path "${template}" gives ${JSON.stringify(key)}, which cannot be a key: ${problem}.`,
      { context: { template, key } },
    )
  }
  return key
}

/** The longest value that stays whole, in bytes of UTF-8: file systems take names of 255, and the template adds some. */
const nameBytesAtMost = 200
/** What is left of a longer one. */
const beginningBytes = 180

/** A value as part of a name. Values that differ give names that differ: where something had to go, a hash of all of it is added. */
function asName(value: string): string {
  const safe = value.replace(/[/\\\p{Cc}\p{Surrogate}]/gu, '-').replace(/^\.+$/, dots => '-'.repeat(dots.length))
  const name = Buffer.byteLength(safe) > nameBytesAtMost ? beginningOf(safe) : safe
  return name === value && name !== '' ? name : `${name}-${hashOf(value, 8)}`
}

function beginningOf(text: string): string {
  let bytes = 0
  let name = ''
  for (const char of text) {
    bytes += Buffer.byteLength(char)
    if (bytes > beginningBytes) break
    name += char
  }
  return name
}

function unknownField(template: string, name: string, known: readonly string[]): ConfigError {
  return new ConfigError(
    'ETL_CONFIG_INVALID',
    `The path "${template}" has the field {${name}}, which is not known. Known here: ${known.map(each => `{${each}}`).join(', ')}.`,
    { context: { template, field: name, known } },
  )
}
