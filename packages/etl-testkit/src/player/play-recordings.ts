import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpFault, type HttpFaultOptions, nextFault, playFault } from './faults.js'
import { type PlayedRoute, playedRoute, type RecordedRoute, readRoutes, requestKey } from './routes.js'

/** A request that came. */
export interface SeenRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Epoch milliseconds. */
  readonly atMs: number
}

/** A server on this computer that answers with recordings. */
export interface HttpPlayer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  /** Every request that came, in order. */
  readonly requests: readonly SeenRequest[]
  /** Requests no recording answers (`GET /path?query`). They got status 501. */
  readonly unexpected: readonly string[]
  /** Requests whose answer is not sent completely. */
  inFlight(): number
  /** Lets requests fail. Several faults strike in the order they were given. */
  fail(fault: HttpFault & HttpFaultOptions): void
  /** Ends all faults. */
  heal(): void
  /** Closes the port and every connection. */
  close(): Promise<void>
}

/**
 * Starts a server on a free port of this computer that replays recorded responses, by method, path and query. A request that is recorded
 * several times gets the responses in turn, the last one from then on.
 *
 * @param from - Routes, or a folder that holds `recordings.json` (a list of routes whose `file` lies beside it), or both.
 * @example
 * const player = await playRecordings({ routes: [{ path: '/plants?page=1', body: [{ id: 1 }] }] })
 * player.fail({ kind: 'status', status: 429, headers: { 'retry-after': '1' } })
 */
export async function playRecordings(from: {
  readonly routes?: readonly RecordedRoute[]
  readonly folder?: string | URL
}): Promise<HttpPlayer> {
  const routes = [
    ...(await Promise.all((from.routes ?? []).map(route => playedRoute(route)))),
    ...(from.folder === undefined ? [] : await readRoutes(from.folder)),
  ]
  const turns = new Map<string, PlayedRoute[]>()
  for (const route of routes) turns.set(route.key, [...(turns.get(route.key) ?? []), route])
  const requests: SeenRequest[] = []
  const unexpected: string[] = []
  const faults: (HttpFault & HttpFaultOptions & { left: number })[] = []
  let inFlight = 0

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', headers } = request
    inFlight++
    response.once('close', () => inFlight--)
    requests.push({ method, path, headers, body: await textOf(request), atMs: Date.now() })
    const list = turns.get(requestKey(method, path)) ?? (method === 'HEAD' ? turns.get(requestKey('GET', path)) : undefined)
    const route = list && list.length > 1 ? (list.shift() as PlayedRoute) : list?.[0]
    if (!route) {
      unexpected.push(`${method} ${path}`)
      response.writeHead(501, { 'content-type': 'text/plain' }).end(`No recording answers ${method} ${path}.\n`)
      return
    }
    const fault = nextFault(faults, path)
    if (fault && (await playFault(fault, route, request, response)) === 'answered') return
    send(route, method, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    unexpected,
    inFlight: () => inFlight,
    fail: fault => void faults.push({ ...fault, left: fault.times ?? 1 }),
    heal: () => void faults.splice(0),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send({ status, headers, body }: PlayedRoute, method: string, response: ServerResponse): void {
  response.writeHead(status, { 'content-length': String(body.length), ...headers })
  response.end(method === 'HEAD' ? undefined : body)
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
