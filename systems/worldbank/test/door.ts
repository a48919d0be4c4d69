import { type ClientRequest, createServer, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request that came to a door. */
export interface Passed {
  /** From 1, in the order they came. */
  readonly no: number
  readonly method: string
  /** With its query. */
  readonly path: string
}

/** A request that stands still, before the server sees it or with the answer it got. */
export interface Held {
  /** Resolves when the request is there. */
  readonly reached: Promise<Passed>
  /** Lets it go on. */
  release(): void
}

/** Stands before a server that speaks S3, counts what passes, and stops a request so that its sender can be killed at just that moment. */
export interface Door {
  readonly url: string
  readonly passed: readonly Passed[]
  /** Of the requests that fit, from now on, holds the nth (from 1): `before` it is passed on, or `after` the server has answered. */
  hold(fits: (request: Passed) => boolean, nth?: number, where?: 'before' | 'after'): Held
  close(): Promise<void>
}

interface Rule {
  readonly fits: (request: Passed) => boolean
  readonly where: 'before' | 'after'
  left: number
  readonly reach: (request: Passed) => void
  readonly released: Promise<void>
}

/** Requests keep their host name, which is signed; a sender that goes away takes its request with it. */
export async function doorTo(upstream: string): Promise<Door> {
  const { protocol, hostname, port } = new URL(upstream)
  const secure = protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const passed: Passed[] = []
  const rules = new Set<Rule>()

  const ruleFor = (request: Passed): Rule | undefined => {
    for (const rule of rules) if (rule.fits(request) && --rule.left === 0) return rule
    return undefined
  }
  const standStill = async (rule: Rule | undefined, where: Rule['where'], request: Passed): Promise<void> => {
    if (rule?.where !== where) return
    rules.delete(rule)
    rule.reach(request)
    await rule.released
  }

  const server = createServer(async (incoming, outgoing) => {
    outgoing.sendDate = false
    const { method = '', url: path = '', rawHeaders: headers } = incoming
    const request = { no: passed.length + 1, method, path }
    passed.push(request)
    const rule = ruleFor(request)
    await standStill(rule, 'before', request)
    if (incoming.destroyed && !incoming.complete) return
    const onward = send({ agent, hostname, port, method, path, headers })
    outgoing.on('close', () => outgoing.writableFinished || onward.destroy())
    incoming.pipe(onward)
    try {
      const answer = await answerTo(onward)
      await standStill(rule, 'after', request)
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.on('error', () => outgoing.destroy()).pipe(outgoing)
    } catch {
      outgoing.destroy()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    hold(fits, nth = 1, where = 'before') {
      let release = () => {}
      const released = new Promise<void>(resolve => {
        release = resolve
      })
      const reached = new Promise<Passed>(reach => rules.add({ fits, where, left: nth, reach, released }))
      return { reached, release }
    },
    close: () =>
      new Promise<void>(resolve => {
        agent.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const answerTo = (onward: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => onward.on('response', resolve).on('error', reject))
