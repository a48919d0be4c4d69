import type { IncomingMessage, ServerResponse } from 'node:http'

/** What can be made to go wrong with a request. */
export type Fault =
  /** The API's own, which passes. */
  | 'sensorFault'
  /** 502 with a page of HTML. */
  | 'badGateway'
  /** The connection is reset before any answer. */
  | 'reset'
  /** Half of the right answer, then the connection ends. */
  | 'truncated'
  /** 200 with the first half of the JSON, and nothing in the transfer that tells. */
  | 'wrongJson'
  /** The right answer, but the reading is dated a day later. */
  | 'tomorrow'
  /** Any status; headers and body as given. */
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** 429 with Retry-After in seconds. */
  | { readonly rateLimited: number }
  /** The right answer, after so many milliseconds. */
  | { readonly delayMs: number }

/** An answer as it should be. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const html = { 'content-type': 'text/html' }

/** Faults that the API itself answers with are made where answers are. */
export type WireFault = Exclude<Fault, 'sensorFault' | 'tomorrow' | { delayMs: number }>

export function isWireFault(fault: Fault | undefined): fault is WireFault {
  return (
    fault !== undefined && fault !== 'sensorFault' && fault !== 'tomorrow' && !(typeof fault === 'object' && 'delayMs' in fault)
  )
}

/** Answers a request wrongly. `right` is what it should have had. */
export function answerWith(fault: WireFault, right: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'reset') request.socket.resetAndDestroy()
  else if (fault === 'truncated') cutOff(right, response)
  else if (fault === 'wrongJson') response.end(right.body.slice(0, right.body.length / 2))
  else if (fault === 'badGateway') response.writeHead(502, html).end('<html><body><h1>502 Bad Gateway</h1></body></html>\n')
  else if ('rateLimited' in fault) response.writeHead(429, { 'retry-after': String(fault.rateLimited) }).end('slow down')
  else response.writeHead(fault.status, { ...fault.headers }).end(fault.body ?? '')
}

function cutOff(right: Answer, response: ServerResponse): void {
  const body = Buffer.from(right.body)
  response.writeHead(right.status, { 'content-type': right.contentType, 'content-length': body.length })
  response.write(body.subarray(0, body.length / 2), () => response.destroy())
}
