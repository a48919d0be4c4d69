import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

export type Handler = (request: IncomingMessage, response: ServerResponse, no: number) => void

export interface TestServer {
  readonly url: string
  /** Requests so far. */
  readonly seen: {
    readonly method: string
    readonly path: string
    readonly headers: IncomingMessage['headers']
    readonly atMs: number
  }[]
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server on a free loopback port; `no` counts its requests from 1. It ends with the test. */
export async function serve(handler: Handler): Promise<TestServer> {
  const seen: TestServer['seen'] = []
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, atMs: Date.now() })
    handler(request, response, seen.length)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** Answers with these in turn, the last one again and again. */
export function answers(...list: (Handler | string)[]): Handler {
  return (request, response, no) => {
    const next = list[Math.min(no, list.length) - 1] as Handler | string
    if (typeof next === 'string') response.end(next)
    else next(request, response, no)
  }
}

export const status =
  (code: number, body = '', headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(code, headers).end(body)

/** The error a promise ends in. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected an error')
}
