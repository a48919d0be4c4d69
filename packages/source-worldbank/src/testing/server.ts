import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, apiOf, type Manners } from './answers.js'
import type { WorldBankData } from './data.js'
import { answerWith, type Fault } from './faults.js'

/** How the server is set up. */
export interface WorldBankServerOptions extends Manners {
  readonly data: WorldBankData
  /** Before every answer, in milliseconds. Default 0. */
  readonly delayMs?: number
  /** Default 0: a free one. */
  readonly port?: number
}

/** One request the server got. */
export interface LoggedRequest {
  /** From 1, in the order they came. */
  readonly no: number
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly fault?: Fault
}

/** A running server. */
export interface WorldBankServer {
  /** For `apiUrl`. */
  readonly url: string
  readonly requests: readonly LoggedRequest[]
  /** Requests that are not answered yet. */
  readonly open: number
  /** The next requests go wrong. */
  failNext(fault: Fault, times?: number): void
  /** The n-th request from the server's start (from 1) goes wrong. */
  failAt(no: number, fault: Fault): void
  /** From the n-th request on (from 1; default: from the next) observations say this day, of one indicator or of all. */
  update(lastUpdated: string, options?: { readonly fromRequest?: number; readonly indicator?: string }): void
  close(): Promise<void>
}

/**
 * Speaks the World Bank's API on loopback for a data set: paging (with the wrong `pages` past the end), filters by economy and date, `mrv`
 * and `mrnev`, the country listing, indicator metadata, the API's errors, and faults on demand. Names are in English whatever
 * language is asked for; `gapfill` and `frequency` are not looked at.
 *
 * @example
 * const server = await worldBankServer({ data: await worldBankRecordings('recordings') })
 * const source = worldBank({ indicators: ['SP.POP.TOTL'], apiUrl: server.url })
 */
export async function worldBankServer(options: WorldBankServerOptions): Promise<WorldBankServer> {
  const api = apiOf(options.data, options)
  const requests: LoggedRequest[] = []
  const faults = new Map<number, Fault>()
  const updates: { readonly lastUpdated: string; readonly fromRequest: number; readonly indicator: string | undefined }[] = []
  let open = 0

  const lastUpdatedFor = (path: string, no: number) =>
    updates.findLast(
      ({ fromRequest, indicator }) => no >= fromRequest && (indicator === undefined || path.endsWith(`/indicator/${indicator}`)),
    )?.lastUpdated

  const server = createServer((request, response) => {
    open++
    response.on('close', () => open--)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const no = requests.length + 1
    const fault = faults.get(no)
    requests.push({
      no,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      ...(fault === undefined ? {} : { fault }),
    })
    const answer = api(url, lastUpdatedFor(url.pathname, no))
    const delayMs = typeof fault === 'object' && 'delayMs' in fault ? fault.delayMs : (options.delayMs ?? 0)
    if (delayMs > 0) {
      const timer = setTimeout(() => send(answer, fault, request, response), delayMs)
      response.on('close', () => clearTimeout(timer))
    } else send(answer, fault, request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    requests,
    get open() {
      return open
    },
    failNext(fault, times = 1) {
      for (let ahead = 1; ahead <= times; ahead++) faults.set(requests.length + ahead, fault)
    },
    failAt(no, fault) {
      faults.set(no, fault)
    },
    update(lastUpdated, { fromRequest = requests.length + 1, indicator } = {}) {
      updates.push({ lastUpdated, fromRequest, indicator })
    },
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(answer: Answer, fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (fault !== undefined && !(typeof fault === 'object' && 'delayMs' in fault)) {
    answerWith(fault, answer.body, request, response)
    return
  }
  response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
}
