import { ConfigError, type DecodeOptions } from '@millrace/etl-core'

/** What is wrong with one option's value, in words that follow its name; `undefined` if nothing is. */
export type OptionCheck = (value: unknown) => string | undefined

/**
 * Refuses options that are unknown or out of bounds, all problems at once. An option that is `undefined` counts as not given.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID`; `context.problems` holds them one by one.
 */
export function checkOptions<O extends object>(
  factory: string,
  given: O,
  checks: Readonly<Record<keyof O & string, OptionCheck>>,
  together: readonly (string | undefined)[] = [],
): void {
  const known = checks as Readonly<Record<string, OptionCheck>>
  const problems = Object.entries(given).flatMap(([name, value]) => {
    if (!Object.hasOwn(known, name)) return [`"${name}" is not an option (known: ${Object.keys(known).join(', ')})`]
    const problem = value === undefined ? undefined : known[name]?.(value)
    return problem === undefined ? [] : [`"${name}" ${problem}`]
  })
  problems.push(...together.filter(problem => problem !== undefined))
  if (problems.length === 0) return
  throw new ConfigError('ETL_CONFIG_INVALID', `Options of ${factory}() are not valid: ${problems.join('; ')}.`, {
    context: { problems },
  })
}

export const isBoolean: OptionCheck = value => (typeof value === 'boolean' ? undefined : 'is not true or false')

export const isOneOf =
  (...allowed: readonly string[]): OptionCheck =>
  value =>
    allowed.includes(value as string) ? undefined : `is not one of ${allowed.map(text => JSON.stringify(text)).join(', ')}`

export const isWholeNumber =
  (low: number, high: number = Number.MAX_SAFE_INTEGER): OptionCheck =>
  value =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high
      ? undefined
      : `is not a whole number from ${low}${high === Number.MAX_SAFE_INTEGER ? '' : ` to ${high}`}`

/** The limits of one reading: what the reader says goes before what the format was made with. */
export function withLimit(limits: DecodeOptions = {}, maxRecordBytes?: number): DecodeOptions {
  return maxRecordBytes === undefined ? limits : { maxRecordBytes, ...limits }
}
