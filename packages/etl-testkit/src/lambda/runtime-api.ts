import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the function says through the Runtime API. */
export interface RuntimeListener {
  /** Asks for the next event: answer with `handOut` when there is one. */
  ready(handOut: (id: string, event: string, headers: Readonly<Record<string, string>>) => void): void
  responded(id: string, body: string): void
  failed(id: string, body: string): void
  initFailed(body: string): void
  /** Whether an invocation with this id is on its way. */
  knows(id: string): boolean
}

/** Longer answers are refused, in bytes. */
const mostAnswerBytes = 6_291_556

/**
 * The Runtime API of Lambda on loopback, for one execution environment.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (read 2026-11)
 */
export async function runtimeApi(listener: RuntimeListener): Promise<{ readonly address: string; close(): void }> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, path = ''] = (request.url ?? '').split('/2018-06-01/runtime/')
    if (path === 'invocation/next') {
      return listener.ready((id, event, headers) => {
        response.writeHead(200, { 'content-type': 'application/json', 'lambda-runtime-aws-request-id': id, ...headers })
        response.end(event)
      })
    }
    const body = await textOf(request)
    if (path === 'init/error') {
      response.writeHead(202).end('{"status":"OK"}')
      return listener.initFailed(body)
    }
    const [, id = '', what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    if (!listener.knows(id))
      return response.writeHead(400).end('{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}')
    if (what === 'response' && Buffer.byteLength(body) > mostAnswerBytes) {
      return response.writeHead(413).end('{"errorType":"RequestEntityTooLarge"}')
    }
    response.writeHead(202).end('{"status":"OK"}')
    if (what === 'response') listener.responded(id, body)
    else listener.failed(id, body)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.requestTimeout = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
