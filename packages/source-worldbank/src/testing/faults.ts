import type { IncomingMessage, ServerResponse } from 'node:http'

/** What can be made to go wrong with a request. */
export type Fault =
  /** 502 with a page of HTML, as the API's front end has for hours at times. */
  | 'badGateway'
  /** 400 with a byte-order mark and HTML, which valid requests get now and then. */
  | 'requestError'
  /** The connection is reset before any answer. */
  | 'reset'
  /** Half of the right answer, then the connection ends. */
  | 'truncated'
  /** 200 with the first half of the JSON, and nothing in the transfer that tells. */
  | 'wrongJson'
  /** Any status; headers and body as given. */
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** 429 with Retry-After in seconds. */
  | { readonly rateLimited: number }
  /** The right answer, after so many milliseconds. */
  | { readonly delayMs: number }

const html = { 'content-type': 'text/html' }
const badGateway =
  '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n'
/** Also what a `source` that is no number gets, always. */
export const requestErrorPage =
  '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html><head><title>Request Error</title></head><body><p>The server encountered an error processing the request.</p></body></html>'

/** Answers a request wrongly. `right` is the body it should have had. */
export function answerWith(
  fault: Exclude<Fault, { delayMs: number }>,
  right: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (fault === 'reset') request.socket.resetAndDestroy()
  else if (fault === 'truncated') cutOff(right, response)
  else if (fault === 'wrongJson') response.end(right.slice(0, right.length / 2))
  else if (fault === 'badGateway') response.writeHead(502, html).end(badGateway)
  else if (fault === 'requestError') response.writeHead(400, html).end(requestErrorPage)
  else if ('rateLimited' in fault) response.writeHead(429, { 'retry-after': String(fault.rateLimited) }).end('slow down')
  else response.writeHead(fault.status, { ...fault.headers }).end(fault.body ?? '')
}

function cutOff(right: string, response: ServerResponse): void {
  const body = Buffer.from(right)
  response.writeHead(200, { 'content-length': body.length })
  response.write(body.subarray(0, body.length / 2), () => response.destroy())
}
