import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { canonicalJson, isEtlError, type RetryVerdict, toJson } from '@millrace/etl-core'

/** Records in an order that depends on their content alone. Big integers and dates take part as text. */
export function sorted<T>(records: readonly T[]): T[] {
  return records
    .map(record => ({ record, key: canonicalJson(toJson(record)) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ record }) => record)
}

/** Fails unless both hold the same records, each as often; in the same order if `ordered`. */
export function sameRecords(actual: readonly unknown[], expected: readonly unknown[], what: string, ordered = false): void {
  const [left, right] = ordered ? [[...actual], [...expected]] : [sorted(actual), sorted(expected)]
  if (isDeepStrictEqual(left, right)) return
  const counts = actual.length === expected.length ? '' : `: expected ${expected.length} records and found ${actual.length}`
  const message = `${what}${counts}\n${difference(left, right)}`
  throw new assert.AssertionError({ message, actual: left, expected: right, operator: 'deepStrictEqual' })
}

function difference(actual: readonly unknown[], expected: readonly unknown[]): string {
  const left = actual.map(record => canonicalJson(toJson(record)))
  const right = expected.map(record => canonicalJson(toJson(record)))
  const lines = [
    ...surplus(right, left).map(text => `  missing: ${text}`),
    ...surplus(left, right).map(text => `  too many: ${text}`),
  ]
  return lines.length === 0 ? '  the same records in another order, or values of another type' : lines.slice(0, 12).join('\n')
}

/** What `of` has more often than `than`. */
function surplus(of: readonly string[], than: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const text of than) left.set(text, (left.get(text) ?? 0) + 1)
  return of.filter(text => {
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count <= 0
  })
}

/** What an error must be. Without codes, any code that begins with `family`. */
export interface ExpectedError {
  readonly codes?: readonly string[]
  readonly family?: string
  readonly retry?: readonly RetryVerdict[]
}

/** Fails unless `error` is an EtlError of an expected code and retry verdict. */
export function isExpected(error: unknown, expected: ExpectedError, what: string): void {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const { codes, family = 'ETL_', retry } = expected
  if (!isEtlError(error)) {
    const wanted = codes ? `with code ${codes.join(' or ')}` : `of ${family}*`
    throw new assert.AssertionError({ message: `${what} must end in an EtlError ${wanted}, and ended in: ${said}` })
  }
  const fits = codes ? codes.includes(error.code) : error.code.startsWith(family)
  assert.ok(fits, `${what} must end in ${codes?.join(' or ') ?? `${family}*`}, and ended in ${error.code} (${said})`)
  assert.ok(
    !retry || retry.includes(error.retry),
    `${what} must have retry ${retry?.join(' or ')}, and has ${error.retry} (${said})`,
  )
}

/** The error of a promise that must fail; fails itself if the promise does not. `must` says how, where one way is meant. */
export async function failureOf(promise: Promise<unknown>, what: string, must = 'fail'): Promise<unknown> {
  const outcome = await promise.then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (!('error' in outcome)) assert.fail(`${what} must ${must}, and did not`)
  return outcome.error
}

/** Waits until it is true or the time is up. */
export async function within(ms: number, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const endMs = Date.now() + ms
  for (;;) {
    if (await isTrue()) return true
    if (Date.now() >= endMs) return false
    await pause(5)
  }
}

/** A short real wait. */
export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Whether a promise settles within a time. */
export function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), ms)
    const settled = () => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}
