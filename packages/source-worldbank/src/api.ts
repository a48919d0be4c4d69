import { type HttpReader, type HttpResponse, httpReader, isHttpReader, type RetryNotice } from '@millrace/http'
import type { Settings } from './options.js'
import { looksLikeJson, type Page, parsePage } from './page.js'

/** What a call needs of its caller. */
export interface Call {
  readonly signal?: AbortSignal | undefined
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined
}

/** One page. `what` names it in errors: `page 3 of SP.POP.TOTL`. */
export async function getPage(reader: HttpReader, address: string, what: string, call: Call): Promise<Page & { bytes: number }> {
  const response = await reader.request(address, { ...call, classify })
  return { ...parsePage(response.text(), what), bytes: response.body.length }
}

/** The rows of a listing, all its pages. `addressOf` gives a page's address, from 1. */
export async function getAllRows(
  reader: HttpReader,
  addressOf: (page: number) => string,
  what: string,
  call: Call,
): Promise<unknown[]> {
  const first = await getPage(reader, addressOf(1), what, call)
  const rows = [...first.rows]
  for (let no = 2; no <= first.pages; no++) rows.push(...(await getPage(reader, addressOf(no), what, call)).rows)
  return rows
}

/** Answers that no attempt of ours makes better: a wrong address, a proxy that wants a password. */
const settled = new Set([401, 403, 404, 410])

/**
 * What the API's answers mean. Its front end answers valid requests with 400 and an HTML page now and then, so a client error counts only
 * if it is JSON. A 200 must be JSON that arrived whole.
 */
export function classify({ status, body }: HttpResponse): 'ok' | 'retry' | undefined {
  if (status < 300) return looksLikeJson(body) ? 'ok' : 'retry'
  if (status >= 400 && status < 500 && !settled.has(status) && !looksLikeJson(body)) return 'retry'
  return undefined
}

/** The reader a source uses. */
export function readerOf({ client, timeoutMs, retry, concurrency, requestsPerSecond }: Settings): HttpReader {
  if (isHttpReader(client)) return client
  return httpReader({ timeoutMs, retry, concurrency, requestsPerSecond, dispatcher: client })
}
