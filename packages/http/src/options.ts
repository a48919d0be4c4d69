import { type Clock, ConfigError, type RetryOptions, type SourceError, systemClock } from '@millrace/etl-core'
import type { Dispatcher } from 'undici'
import type { HttpResponse } from './response.js'

/**
 * What a caller thinks of an answer: `ok` returns it, `retry` asks again, `fail` gives up at once. `undefined` leaves it to the status:
 * 2xx is ok; 408, 425, 429 and 5xx are retried; everything else fails.
 */
export type Classify = (response: HttpResponse) => 'ok' | 'retry' | 'fail' | undefined

/** One request as it was made, for logs: one per attempt, also for those that failed. Secrets are left out of `url`. */
export interface RequestLogEntry {
  readonly method: string
  readonly url: string
  /** Absent when no answer came. */
  readonly status?: number
  /** From sending to the body's last byte, in milliseconds. */
  readonly ms: number
  /** From 1. */
  readonly attempt: number
  /** Bytes of the body as sent, before decompression. */
  readonly bytes: number
}

/** Said before each wait for another attempt. */
export interface RetryNotice {
  readonly method: string
  readonly url: string
  /** The attempt that failed, from 1. */
  readonly attempt: number
  readonly waitMs: number
  readonly error: SourceError
}

/** An undici dispatcher: an `Agent`, a `ProxyAgent`, a `MockAgent`. Named here so that plug-ins need not depend on undici for its type. */
export interface HttpDispatcher extends Dispatcher {}

/** What {@link httpReader} can be told. Everything has a default. */
export interface HttpReaderOptions {
  /** Milliseconds for one attempt, from sending to the body's last byte. Default 120,000. */
  readonly timeoutMs?: number | undefined
  /** Default `{ attempts: 6, firstMs: 500, maxMs: 120_000 }`. `attempts: 1` turns retries off. */
  readonly retry?: { readonly [K in keyof RetryOptions]?: RetryOptions[K] | undefined } | undefined
  /** Requests on the way at once. Default 4. */
  readonly concurrency?: number | undefined
  /** Requests begun per second, evenly spaced. Default: no limit. */
  readonly requestsPerSecond?: number | undefined
  /** The largest body taken, decompressed, in bytes. Default 64 MiB: the body is held in memory whole. */
  readonly maxBodyBytes?: number | undefined
  /** Redirects followed for one request. Default 5. */
  readonly maxRedirects?: number | undefined
  /** Sent with every request. Never shown in logs or errors. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Names of query parameters to hide beside the usual ones (`key`, `token`, `password`, `signature` ...). */
  readonly secretParams?: readonly string[] | undefined
  /** A ready undici dispatcher: a proxy, own certificates, a mock. Default: one agent for all readers of the process, made at the first request. */
  readonly dispatcher?: HttpDispatcher | undefined
  /** What answers mean, unless the request says otherwise. */
  readonly classify?: Classify | undefined
  readonly onRequest?: ((entry: RequestLogEntry) => void) | undefined
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined
  /** Says how far away the date of a Retry-After is. Waits and rates go by the process's own time, which nobody sets back. */
  readonly clock?: Clock | undefined
}

/** What one request can be told. */
export interface HttpRequestOptions {
  /** Default `GET`. A `POST` is taken for a query: it is retried like the others. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined
  /** Over the reader's headers. After a redirect to another origin only `accept*` and `user-agent` are sent on. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** Ends waits and the request at once; its reason is what the call then throws. */
  readonly signal?: AbortSignal | undefined
  readonly classify?: Classify | undefined
  /** Called after the reader's own `onRetry`. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined
}

/** Reads over HTTP: see {@link httpReader}. */
export interface HttpReader {
  /** One answer. @throws SourceError, or the signal's reason. */
  request(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse>
  /**
   * The answers of a paged listing, one by one. `next` says where the following page is, `undefined` that there is none. Nothing is
   * fetched before it is asked for.
   */
  pages(
    first: string | URL,
    next: (response: HttpResponse) => string | URL | undefined,
    options?: HttpRequestOptions,
  ): AsyncGenerator<HttpResponse, void, undefined>
  /**
   * Lets go of the connections; the last reader that uses them closes them, and waits for requests on the way. Not needed at the end of a
   * process: idle ones do not keep it alive.
   */
  close(): Promise<void>
}

/** The options with their defaults. */
export type Settings = Omit<HttpReaderOptions, keyof Defaulted> & Defaulted

interface Defaulted {
  readonly timeoutMs: number
  readonly retry: RetryOptions
  readonly concurrency: number
  readonly maxBodyBytes: number
  readonly maxRedirects: number
  readonly clock: Clock
}

/** Fills in defaults and refuses numbers that make no sense, all at once. */
export function settingsOf(options: HttpReaderOptions): Settings {
  const settings: Settings = {
    ...options,
    // Pages that take a minute exist; two leave room without holding a run up for long.
    timeoutMs: options.timeoutMs ?? 120_000,
    retry: {
      attempts: options.retry?.attempts ?? 6,
      firstMs: options.retry?.firstMs ?? 500,
      maxMs: options.retry?.maxMs ?? 120_000,
    },
    concurrency: options.concurrency ?? 4,
    maxBodyBytes: options.maxBodyBytes ?? 64 * 1024 * 1024,
    maxRedirects: options.maxRedirects ?? 5,
    clock: options.clock ?? systemClock,
  }
  const problems = [
    ...atLeast(1, { timeoutMs: settings.timeoutMs, maxBodyBytes: settings.maxBodyBytes }),
    ...whole(1, { concurrency: settings.concurrency, 'retry.attempts': settings.retry.attempts }),
    ...whole(0, { maxRedirects: settings.maxRedirects }),
    ...atLeast(0, { 'retry.firstMs': settings.retry.firstMs, 'retry.maxMs': settings.retry.maxMs }),
    ...(settings.requestsPerSecond === undefined || settings.requestsPerSecond > 0 ? [] : ['requestsPerSecond: must be above 0']),
  ]
  if (problems.length > 0) {
    throw new ConfigError('ETL_CONFIG_INVALID', `Options of httpReader are not valid: ${problems.join('; ')}.`)
  }
  return settings
}

function atLeast(least: number, values: Record<string, number>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value >= least ? [] : [`${name}: must be at least ${least}`]))
}

function whole(least: number, values: Record<string, number>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    Number.isInteger(value) && value >= least ? [] : [`${name}: must be a whole number, at least ${least}`],
  )
}
