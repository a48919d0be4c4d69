import { setMaxListeners } from 'node:events'
import { ConfigError, isEtlError, orAborted, rateLimit, requestCounter, type SourceError, withRetry } from '@millrace/etl-core'
import pLimit from 'p-limit'
import { type ShownRequest, statusError, transportError } from './errors.js'
import {
  type HttpReader,
  type HttpReaderOptions,
  type HttpRequestOptions,
  type RetryNotice,
  type Settings,
  settingsOf,
} from './options.js'
import { redactText, redactUrl, secretsOf, withoutSecrets } from './redact.js'
import type { HttpResponse } from './response.js'
import { retryAfterMs } from './retry-after.js'
import { type Outgoing, type Received, send } from './send.js'
import { agentUse } from './shared-agent.js'

const brand = Symbol.for('millrace.httpReader')

/** True for a reader made by any copy of this package. */
export function isHttpReader(value: unknown): value is HttpReader {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

/**
 * Reads over HTTP and stays polite: time-out, retries with backoff and Retry-After, rate limit, size limit. Answers are complete and in
 * memory; gzip, deflate and brotli are decoded; redirects are followed, without credentials to another origin.
 *
 * A request is retried after network errors, a body cut off, time-outs, 408, 425, 429 and 5xx, and whatever `classify` says. When a
 * server sends Retry-After, all requests of the reader wait for it. Every request that goes out, after redirects too, is counted in the
 * run's report, by host and method.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options or an address that make no sense.
 * SourceError from requests: `ETL_SOURCE_UNAVAILABLE` and `ETL_SOURCE_RATE_LIMITED` (`exhausted`, after all attempts),
 * `ETL_SOURCE_DENIED` (401, 403), `ETL_SOURCE_NOT_FOUND` (404, 410), `ETL_SOURCE_REFUSED` (other 4xx, redirects that are not followed),
 * `ETL_SOURCE_MALFORMED` (an answer `classify` refuses, an encoding nobody asked for), `ETL_SOURCE_TOO_LARGE`. The message has method, address without
 * secrets, status and the first 200 characters of the body. After an abort: the signal's reason, as it is.
 * @example
 * const reader = httpReader({ requestsPerSecond: 5 })
 * const response = await reader.request('https://api.example.org/items?page=1', { signal })
 * const items = JSON.parse(response.text())
 */
export function httpReader(options: HttpReaderOptions = {}): HttpReader {
  const settings = settingsOf(options)
  const limit = pLimit(settings.concurrency)
  const turnstile = rateLimit(settings.requestsPerSecond)
  const connections = agentUse()
  const dispatcher = async () => settings.dispatcher ?? connections.agent()

  /** One attempt in its turn. */
  const attempt = (outgoing: Outgoing, signal: AbortSignal | undefined, log: (began: number, received?: Received) => void) => {
    // Here, as the queue may go on in the course of another run that shares the reader.
    const count = requestCounter()
    const onSend = ({ url, method }: Outgoing) => count(url.hostname, method)
    return orAborted(
      limit(async () => {
        await turnstile.pass(signal)
        const wire = { ...settings, dispatcher: await dispatcher(), onSend }
        const beganAtMs = performance.now()
        try {
          const received = await send(wire, outgoing, signal)
          log(beganAtMs, received)
          return received.response
        } catch (error) {
          log(beganAtMs)
          throw error
        }
      }),
      signal,
    )
  }

  const request: HttpReader['request'] = async (address, requestOptions = {}) => {
    const outgoing = outgoingOf(address, settings, requestOptions)
    const shown = shownOf(outgoing, settings)
    const { signal } = requestOptions
    // Every request that waits for its turn listens: more than ten are no leak.
    if (signal) setMaxListeners(0, signal)
    const onRetry = (notice: Pick<RetryNotice, 'attempt' | 'waitMs' | 'error'>) => {
      const { retryAfterMs = 0 } = notice.error
      if (retryAfterMs > 0) turnstile.pause(retryAfterMs)
      const told = { method: shown.method, url: shown.url, ...notice }
      settings.onRetry?.(told)
      requestOptions.onRetry?.(told)
    }
    return withRetry(
      async no => {
        const log = (beganAtMs: number, received?: Received) =>
          settings.onRequest?.({
            method: shown.method,
            url: shown.url,
            ...(received === undefined ? {} : { status: received.response.status }),
            ms: Math.round(performance.now() - beganAtMs),
            attempt: no,
            bytes: received?.bytes ?? 0,
          })
        const outcome = await attempt(outgoing, signal, log).then(
          response => judge(response, shown, settings, requestOptions),
          error => {
            signal?.throwIfAborted()
            if (isEtlError(error)) throw error
            return transportError(shown, error)
          },
        )
        if (isEtlError(outcome)) throw outcome
        return outcome
      },
      { ...settings.retry, signal, onRetry },
    )
  }

  const reader: HttpReader = {
    request,
    async *pages(first, next, requestOptions) {
      for (let at: string | URL | undefined = first; at !== undefined; ) {
        const response: HttpResponse = await request(at, requestOptions)
        yield response
        at = next(response)
      }
    },
    close: () => connections.release(),
  }
  return Object.defineProperty(reader, brand, { value: true })
}

/** The answer if it is taken, else the error it stands for. */
function judge(
  response: HttpResponse,
  shown: ShownRequest,
  settings: Settings,
  options: HttpRequestOptions,
): HttpResponse | SourceError {
  const verdict = (options.classify ?? settings.classify)?.(response)
  if (verdict === 'ok' || (verdict === undefined && response.status < 300)) return response
  return statusError(shown, response, verdict, retryAfterMs(response.headers['retry-after'], settings.clock.now()))
}

function outgoingOf(address: string | URL, settings: Settings, options: HttpRequestOptions): Outgoing {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError('ETL_CONFIG_INVALID', `"${redactText(String(address))}" is not an http or https address.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `${redactUrl(url)}: no user or password in an address; use the authorization header.`,
    )
  }
  const headers = Object.entries({ ...lowered(settings.headers), ...lowered(options.headers) })
  return {
    url,
    method: options.method ?? 'GET',
    headers: Object.fromEntries(headers),
    ...(options.body === undefined ? {} : { body: options.body }),
  }
}

function shownOf({ method, url, headers }: Outgoing, { secretParams }: Settings): ShownRequest {
  const secrets = secretsOf(url, headers, secretParams)
  return { method, url: redactUrl(url, secretParams), hide: text => withoutSecrets(text, secrets) }
}

function lowered(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
}
