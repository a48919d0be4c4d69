import { ConfigError } from '@millrace/etl-core'
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
 * characters become `-`, and so do dots that would stand alone.
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

/** A value as part of a name. */
function asName(value: string): string {
  const name = value.replace(/[/\\\p{Cc}\p{Surrogate}]/gu, '-')
  return name === '' ? '-' : /^\.+$/.test(name) ? '-'.repeat(name.length) : name
}

function unknownField(template: string, name: string, known: readonly string[]): ConfigError {
  return new ConfigError(
    'ETL_CONFIG_INVALID',
    `The path "${template}" has the field {${name}}, which is not known. Known here: ${known.map(each => `{${each}}`).join(', ')}.`,
    { context: { template, field: name, known } },
  )
}
