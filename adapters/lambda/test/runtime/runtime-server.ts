import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** How an invocation ended. */
export interface Invoked {
  readonly answer?: unknown
  readonly error?: { readonly errorType: string; readonly errorMessage: string }
}

interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly timeoutMs: number
  settle(result: Invoked): void
}

/**
 * The Lambda Runtime API on loopback and one execution environment as a child process: an event is handed out when the runtime asks for
 * the next one; at the deadline the process is killed, as Lambda does it.
 */
export async function startLambda(options: { handler: string; taskRoot: string }) {
  const queue: Invocation[] = []
  let waiting: ServerResponse | undefined
  let current: Invocation | undefined
  let timer: NodeJS.Timeout | undefined
  let child: ChildProcess | undefined
  let stdout = ''

  const settle = (result: Invoked) => {
    clearTimeout(timer)
    const invocation = current
    current = undefined
    invocation?.settle(result)
  }
  const handOut = () => {
    if (!waiting || queue.length === 0) return
    const response = waiting
    waiting = undefined
    const invocation = queue.shift() as Invocation
    current = invocation
    timer = setTimeout(() => child?.kill('SIGKILL'), invocation.timeoutMs)
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + invocation.timeoutMs),
    })
    response.end(JSON.stringify(invocation.event))
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, what = ''] = (request.url ?? '').split('/runtime/')
    if (what === 'invocation/next') {
      waiting = response
      return handOut()
    }
    const body: unknown = JSON.parse(await textOf(request))
    response.writeHead(202).end('{}')
    if (what.endsWith('/response')) settle({ answer: body })
    else settle({ error: body as NonNullable<Invoked['error']> })
  }
  const server = createServer((request, response) => void answer(request, response))
  server.requestTimeout = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  const boot = () => {
    const { handler, taskRoot } = options
    const env = { AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, _HANDLER: handler, LAMBDA_TASK_ROOT: taskRoot, TZ: ':UTC' }
    const started = spawn(process.execPath, [fileURLToPath(new URL('bootstrap.mjs', import.meta.url))], { env, cwd: taskRoot })
    started.stdout.on('data', data => (stdout += data))
    started.once('exit', () => {
      child = undefined
      settle({ error: { errorType: 'Runtime.ExitError', errorMessage: 'the process ended before it answered' } })
    })
    child = started
  }
  return {
    invoke: (event: unknown, timeoutMs = 10_000) =>
      new Promise<Invoked>(resolve => {
        queue.push({ id: `request-${Date.now()}`, event, timeoutMs, settle: resolve })
        if (child) handOut()
        else boot()
      }),
    output: () => stdout,
    async stop() {
      clearTimeout(timer)
      if (child) {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
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
