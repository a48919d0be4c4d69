import type { Classify, HttpResponse } from '@millrace/http'
import { isObject } from './parse.js'

/** What an answer of the API means. */
export type Meaning =
  /** A plant, or something that has to be looked at like one. */
  | { readonly kind: 'plant'; readonly body: unknown }
  /** No plant has this id. */
  | { readonly kind: 'hole' }
  /** The plant is at another museum. */
  | { readonly kind: 'loan' }
  /** Its sensors failed just now. Strikes at random, ids without a plant too, and passes. */
  | { readonly kind: 'fault' }
  /** The API says something else went wrong. */
  | { readonly kind: 'error' }
  /** Not the API's words: a proxy's page, half an answer. */
  | { readonly kind: 'foreign' }

/** The API's errors by a part of their text. They have come with 200, and with 404 and 500: the text counts, the status does not. */
const errors: readonly (readonly [RegExp, Meaning])[] = [
  [/plant not found/i, { kind: 'hole' }],
  [/plant on loan/i, { kind: 'loan' }],
  [/sensor fault/i, { kind: 'fault' }],
]

/** Reads an answer. A body with `error` is an error whatever its status. */
export function meaningOf(response: HttpResponse): Meaning {
  const body = parsed(response.text())
  if (isObject(body) && body.error !== undefined && body.error !== null && body.error !== '') {
    const text = typeof body.error === 'string' ? body.error : ''
    return errors.find(([pattern]) => pattern.test(text))?.[1] ?? { kind: 'error' }
  }
  return response.status < 300 && body !== undefined ? { kind: 'plant', body } : { kind: 'foreign' }
}

/** What the HTTP reader is to do. Where the API's words do not decide, the status does: 408, 425, 429 and 5xx are asked again. */
export function verdictOf({ kind }: Meaning, status: number): ReturnType<Classify> {
  if (kind === 'plant' || kind === 'hole' || kind === 'loan') return 'ok'
  if (kind === 'fault') return 'retry'
  if (status >= 300) return undefined
  return kind === 'error' ? 'fail' : 'retry'
}

/** When the answer was given, as far as it says: epoch milliseconds. */
export function answeredAtMs({ headers }: HttpResponse): number | undefined {
  const text = headers.date ?? ''
  // Only dates with a weekday name: Date.parse also takes "-5" for a year.
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
