import { STATUS_CODES } from 'node:http'
import { type RetryVerdict, SourceError } from '@millrace/etl-core'
import type { HttpResponse } from './response.js'

/** What an error may say of its request: nothing secret. */
export interface ShownRequest {
  readonly method: string
  readonly url: string
  /** Takes the request's secrets out of a text. */
  hide(text: string): string
}

interface Meaning {
  readonly code: string
  readonly retry: RetryVerdict
  readonly advice?: string
}

const unavailable: Meaning = { code: 'ETL_SOURCE_UNAVAILABLE', retry: 'later' }
const denied: Meaning = { code: 'ETL_SOURCE_DENIED', retry: 'never', advice: 'Check the credentials and what they allow.' }
const notFound: Meaning = { code: 'ETL_SOURCE_NOT_FOUND', retry: 'never', advice: 'Check the address.' }
const refused: Meaning = { code: 'ETL_SOURCE_REFUSED', retry: 'never' }
const malformed: Meaning = { code: 'ETL_SOURCE_MALFORMED', retry: 'never' }
const tooLarge: Meaning = { code: 'ETL_SOURCE_TOO_LARGE', retry: 'never', advice: 'Ask for smaller pages or raise maxBodyBytes.' }
const certificate: Meaning = { ...unavailable, retry: 'never', advice: 'Check the certificate and the host name.' }

const byStatus: Readonly<Record<number, Meaning>> = {
  401: denied,
  403: denied,
  404: notFound,
  408: unavailable,
  410: notFound,
  // Too Early (RFC 8470): the server wants the same request again, after the TLS handshake.
  425: unavailable,
  429: { code: 'ETL_SOURCE_RATE_LIMITED', retry: 'later' },
}

/** Errors of undici, node:net, node:tls and node:zlib by their `code`. What is not here is a network error: worth another attempt. */
const byErrorCode: Readonly<Record<string, readonly [Meaning, string]>> = {
  ETL_HTTP_TIMEOUT: [unavailable, 'timed out'],
  UND_ERR_CONNECT_TIMEOUT: [unavailable, 'timed out while connecting'],
  UND_ERR_HEADERS_TIMEOUT: [unavailable, 'timed out'],
  UND_ERR_BODY_TIMEOUT: [unavailable, 'timed out in the body'],
  UND_ERR_SOCKET: [unavailable, 'was cut off: the other side closed the connection'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: [unavailable, 'was cut off: the body is shorter than announced'],
  UND_ERR_RES_EXCEEDED_MAX_SIZE: [tooLarge, 'answered with too large a body'],
  Z_BUF_ERROR: [unavailable, 'was cut off: the compressed body ends too early'],
  Z_DATA_ERROR: [unavailable, 'answered with a broken compressed body'],
  ERR_BUFFER_TOO_LARGE: [tooLarge, 'answered with too large a body'],
  ETL_HTTP_TOO_LARGE: [tooLarge, 'answered with too large a body'],
  ETL_HTTP_ENCODING: [malformed, 'answered in an encoding that was not asked for'],
  ETL_HTTP_REDIRECT: [refused, 'answered with a redirect that is not followed'],
  ECONNREFUSED: [unavailable, 'failed: the connection was refused'],
  ECONNRESET: [unavailable, 'was cut off: the connection was reset'],
  ENOTFOUND: [unavailable, 'failed: the host name is not known'],
  EAI_AGAIN: [unavailable, 'failed: the host name could not be looked up'],
  CERT_HAS_EXPIRED: [certificate, 'failed: the certificate has expired'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [certificate, 'failed: the certificate is self-signed'],
  SELF_SIGNED_CERT_IN_CHAIN: [certificate, 'failed: the certificate chain is self-signed'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [certificate, 'failed: the certificate cannot be verified'],
  ERR_TLS_CERT_ALTNAME_INVALID: [certificate, 'failed: the certificate is for another host'],
}

/** Characters of a body an error quotes: enough for a message, too few for a page of HTML. */
const quotedChars = 200

/** The error for an answer that is not taken. `verdict` is the caller's, if it had one. */
export function statusError(
  request: ShownRequest,
  response: HttpResponse,
  verdict: 'retry' | 'fail' | undefined,
  retryAfterMs: number | undefined,
): SourceError {
  const { status } = response
  const meaning = meaningOf(status, verdict)
  const retry: RetryVerdict = verdict === 'retry' ? 'later' : verdict === 'fail' ? 'never' : meaning.retry
  const quoted = request.hide(response.text()).replace(/\s+/g, ' ').trim().slice(0, quotedChars)
  const said = quoted === '' ? 'with an empty body' : `: ${quoted}`
  const name = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`
  const text = `${request.method} ${request.url} answered ${status}${name}${quoted === '' ? ' ' : ''}${said}`
  return new SourceError(meaning.code, sentence(text, retry === 'later' ? undefined : meaning.advice), {
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    context: { method: request.method, url: request.url, status },
  })
}

function meaningOf(status: number, verdict: 'retry' | 'fail' | undefined): Meaning {
  const listed = byStatus[status]
  if (listed) return listed
  if (status >= 500) return unavailable
  if (status < 300) return malformed
  return verdict === 'retry' ? unavailable : refused
}

/** The error for a request that brought no complete answer. */
export function transportError(request: ShownRequest, error: unknown): SourceError {
  const found = codesOf(error).find(code => byErrorCode[code] !== undefined)
  const [meaning, what] = byErrorCode[found ?? ''] ?? [unavailable, 'failed']
  const detail = request.hide(messageOf(error))
  return new SourceError(meaning.code, sentence(`${request.method} ${request.url} ${what} (${detail})`, meaning.advice), {
    retry: meaning.retry,
    context: { method: request.method, url: request.url },
    cause: error,
  })
}

function codesOf(error: unknown): string[] {
  const codes: string[] = []
  for (let at: unknown = error; at instanceof Error && codes.length < 5; at = at.cause) {
    codes.push(String((at as { code?: unknown }).code ?? ''))
  }
  return codes
}

/** Some network errors (AggregateError of several addresses) have an empty message and only a code. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || String((error as { code?: unknown }).code ?? error.name)
}

function sentence(text: string, advice: string | undefined): string {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`
  return advice === undefined ? ended : `${ended} ${advice}`
}
