import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PlayedRoute } from './routes.js'

/**
 * What goes wrong with a request: another status; the connection reset before any answer; the answer cut off after some bytes (default:
 * half of it); the answer delayed.
 */
export type HttpFault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'delay'; readonly delayMs: number }

/** Which requests a fault strikes. */
export interface HttpFaultOptions {
  /** How many requests. Default 1. */
  readonly times?: number
  /** Only requests whose path and query match. */
  readonly path?: RegExp
}

/** The fault that strikes this request, used up by one. */
export function nextFault<F extends HttpFaultOptions & { left: number }>(faults: readonly F[], path: string): F | undefined {
  const fault = faults.find(each => each.left > 0 && (each.path?.test(path) ?? true))
  if (fault) fault.left--
  return fault
}

/** Lets a fault happen. A delay is followed by the recorded answer. */
export async function playFault(
  fault: HttpFault,
  route: PlayedRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<'answered' | 'go on'> {
  switch (fault.kind) {
    case 'status':
      response
        .writeHead(fault.status, { 'content-type': 'text/plain', ...fault.headers })
        .end(fault.body ?? `status ${fault.status}`)
      return 'answered'
    case 'reset':
      request.socket.resetAndDestroy()
      return 'answered'
    case 'truncate':
      response.writeHead(route.status, { 'content-length': String(route.body.length), ...route.headers })
      response.write(route.body.subarray(0, fault.afterBytes ?? Math.floor(route.body.length / 2)), () => response.destroy())
      return 'answered'
    case 'delay':
      await untilClosed(response, fault.delayMs)
      return response.destroyed ? 'answered' : 'go on'
  }
}

/** Waits, but not for a client that has gone. */
function untilClosed(response: ServerResponse, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      response.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    timer.unref()
    response.once('close', done)
  })
}
