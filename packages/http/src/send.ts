import type { Dispatcher } from 'undici'
import { acceptEncoding, coded, decodeBody, readBody } from './body.js'
import { type HttpResponse, plainHeaders, responseOf } from './response.js'

/** What a timer can take, 24 days: with more it would fire at once. */
const longestMs = 2 ** 31 - 1

/** A request as it goes out. */
export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

/** What sending needs beside the request. */
export interface Wire {
  readonly dispatcher: Dispatcher
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly maxRedirects: number
  /** Called before each request, those that redirects lead to included. */
  readonly onSend?: (request: Outgoing) => void
}

/** An answer and the size of its body as sent. */
export interface Received {
  readonly response: HttpResponse
  readonly bytes: number
}

/** One attempt: sends, follows redirects, reads and decompresses the body, all within `timeoutMs`. */
export async function send(wire: Wire, request: Outgoing, signal: AbortSignal | undefined): Promise<Received> {
  const ender = new AbortController()
  const stop = () => ender.abort(signal?.reason)
  const timer = setTimeout(
    () => ender.abort(coded('ETL_HTTP_TIMEOUT', `no complete answer within ${wire.timeoutMs} ms`)),
    Math.min(wire.timeoutMs, longestMs),
  )
  // Not AbortSignal.any: on Node 20 each one made from a long-lived signal stays in memory until that signal is gone.
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  try {
    return await follow(wire, request, ender.signal)
  } catch (error) {
    // undici wraps what ended a body, or calls it its own abort: the reason is what matters.
    throw ender.signal.aborted ? ender.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

async function follow(wire: Wire, first: Outgoing, signal: AbortSignal): Promise<Received> {
  let request = first
  for (let redirects = 0; ; redirects++) {
    const received = await exchange(wire, request, signal)
    const { status, headers } = received.response
    if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return received
    if (redirects === wire.maxRedirects) throw coded('ETL_HTTP_REDIRECT', `more than ${wire.maxRedirects} redirects`)
    request = redirected(request, status, headers.location)
  }
}

async function exchange(wire: Wire, request: Outgoing, signal: AbortSignal): Promise<Received> {
  // Loaded at the first request: undici takes longer to load than many a run needs to find nothing new.
  const { request: dispatch } = await import('undici')
  wire.onSend?.(request)
  const answer = await dispatch(request.url, {
    method: request.method,
    headers: { 'accept-encoding': acceptEncoding, 'user-agent': 'millrace', ...request.headers },
    dispatcher: wire.dispatcher,
    signal,
    // The one time-out is in `send`: these would start anew with every chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(request.body === undefined ? {} : { body: request.body }),
  })
  const headers = plainHeaders(answer.headers)
  try {
    const sent = await readBody(answer.body, request.method === 'HEAD' ? {} : headers, wire.maxBodyBytes)
    const body = await decodeBody(sent, headers['content-encoding'], wire.maxBodyBytes)
    return { response: responseOf(answer.statusCode, headers, request.url.href, body), bytes: sent.length }
  } catch (error) {
    answer.body.on('error', () => undefined).destroy()
    throw error
  }
}

/** Headers that may go to another origin: they say nothing of who asks. */
const harmless = new Set(['accept', 'accept-language', 'user-agent'])

/**
 * The request a redirect leads to. To another origin goes nothing that may be a secret, and never from https to http.
 * 307 and 308 keep the method, the others make a POST a GET, as browsers do.
 */
export function redirected(request: Outgoing, status: number, location: string): Outgoing {
  let url: URL
  try {
    url = new URL(location, request.url)
  } catch {
    throw coded('ETL_HTTP_REDIRECT', 'its location is not an address')
  }
  if (!/^https?:$/.test(url.protocol)) throw coded('ETL_HTTP_REDIRECT', `to ${url.protocol}`)
  if (request.url.protocol === 'https:' && url.protocol === 'http:') throw coded('ETL_HTTP_REDIRECT', 'from https to http')
  const sameOrigin = url.origin === request.url.origin
  const keeps = status === 307 || status === 308 || request.method !== 'POST'
  if (!sameOrigin && keeps && request.body !== undefined) throw coded('ETL_HTTP_REDIRECT', 'of a body to another origin')
  const headers = Object.entries(request.headers).filter(
    ([name]) => (sameOrigin || harmless.has(name)) && (keeps || !name.startsWith('content-')),
  )
  return {
    url,
    method: keeps ? request.method : 'GET',
    headers: Object.fromEntries(headers),
    ...(keeps && request.body !== undefined ? { body: request.body } : {}),
  }
}
