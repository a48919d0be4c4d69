import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { delayAt, type S3Fault } from './faults.js'
import type { LogEntry } from './log.js'
import { requestId } from './serve.js'
import type { Answer } from './world.js'

/** How an answer goes out. */
export interface Sending {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly entry: LogEntry
  readonly fault: S3Fault | undefined
  readonly nowMs: number
  /** Ends waits when the server closes. */
  readonly signal: AbortSignal
}

/** Sends an answer, or what the fault leaves of it. */
export async function send(answer: Answer, sending: Sending): Promise<void> {
  const { request, response, entry, fault, signal } = sending
  await pause(delayAt('answer', fault), signal)
  if (fault === 'resetAfter') return reset(request)
  const body = Buffer.from(answer.body ?? '')
  entry.status = answer.status
  response.writeHead(answer.status, headersOf(answer, body, sending))
  const unsent = request.method === 'HEAD' || answer.status === 304 || answer.status === 204
  if (unsent) return void response.end()
  const half = body.subarray(0, body.length >> 1)
  if (fault === 'truncated') {
    entry.bytesOut = half.length
    response.write(half, () => response.destroy())
    // Nothing to write means no callback either.
    if (half.length === 0) response.destroy()
    return
  }
  const late = delayAt('body', fault)
  if (late > 0) {
    response.write(half)
    await pause(late, signal)
  }
  entry.bytesOut = body.length
  response.end(late > 0 ? body.subarray(half.length) : body)
}

function headersOf(answer: Answer, body: Buffer, { entry, nowMs }: Sending): Record<string, string | number> {
  const given = Object.entries(answer.headers ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return {
    server: 'millrace-test-s3',
    // By the server's clock: clients correct theirs by it.
    date: new Date(nowMs).toUTCString(),
    'x-amz-request-id': requestId(entry.no),
    ...Object.fromEntries(given),
    ...(answer.status === 204 || answer.status === 304 ? {} : { 'content-length': body.length }),
  }
}

/** Ends a connection the hard way. */
export function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy()
}

/** Waits; a server that closes waits for nobody. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(() => undefined)
}
