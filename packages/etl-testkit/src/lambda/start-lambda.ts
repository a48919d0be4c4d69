import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { bootstrap } from './bootstrap.js'
import { runtimeApi } from './runtime-api.js'

/** A function as it is deployed. */
export interface TestFunction {
  /** The folder that holds its code. */
  readonly taskRoot: string
  /** `index.handler`: a file without its ending, and what it exports. */
  readonly handler: string
  /** Environment variables. There are no others but those Lambda sets itself. */
  readonly env?: Readonly<Record<string, string>>
  /** MiB. Told to the function, not enforced. Default 512. */
  readonly memoryMiB?: number
  /** The Node that runs it. Default: the one that runs this. */
  readonly node?: string
}

/** How an invocation ended. */
export type Invoked =
  | { readonly answer: unknown; readonly error?: undefined }
  | { readonly error: { readonly errorType: string; readonly errorMessage: string }; readonly answer?: undefined }

/** A function that runs in a process of its own. */
export interface TestLambda {
  /**
   * Invokes it, after those asked for before.
   *
   * @param timeoutMs - The process is killed then, as Lambda does it. Default 10,000.
   */
  invoke(event: unknown, timeoutMs?: number): Promise<Invoked>
  /** What it wrote to stdout and stderr. */
  output(): string
  /** How often an execution environment was started. */
  starts(): number
  /** Ends the execution environment as Lambda does: SIGTERM, and SIGKILL half a second later. The next invocation starts another. */
  shutdown(): Promise<void>
  close(): Promise<void>
}

/** The function's ARN, with the alias it is invoked by. */
export const testFunctionArn = 'arn:aws:lambda:eu-west-2:123456789012:function:test:live'

const shutdownMs = 500

interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly timeoutMs: number
  settle(result: Invoked): void
}

/**
 * Runs a Lambda function in a process of its own, driven through the Runtime API: what is tested is the code as it is deployed. An event is
 * handed out when the runtime asks for the next one; at the deadline the process is killed.
 *
 * @example
 * const lambda = await startLambda({ taskRoot: unzipped, handler: 'index.handler' })
 * const { answer } = await lambda.invoke({ to: 'file:./out' }, 5_000)
 */
export async function startLambda(deployed: TestFunction): Promise<TestLambda> {
  const queue: Invocation[] = []
  let current: Invocation | undefined
  let handOut: ((id: string, event: string, headers: Readonly<Record<string, string>>) => void) | undefined
  let timer: NodeJS.Timeout | undefined
  let child: ChildProcess | undefined
  let output = ''
  let starts = 0
  let invocations = 0

  const settle = (result: Invoked) => {
    clearTimeout(timer)
    const settled = current
    current = undefined
    settled?.settle(result)
    proceed()
  }
  const ended = (errorType: string, errorMessage: string) => settle({ error: { errorType, errorMessage } })
  const api = await runtimeApi({
    ready(give) {
      handOut = give
      proceed()
    },
    responded: (_, body) => settle({ answer: JSON.parse(body) }),
    failed: (_, body) => settle({ error: JSON.parse(body) }),
    initFailed(body) {
      current ??= queue.shift()
      settle({ error: JSON.parse(body) })
    },
    knows: id => current?.id === id,
  })

  const proceed = () => {
    if (current || queue.length === 0) return
    if (!child) return boot()
    if (!handOut) return
    const invocation = queue.shift() as Invocation
    const give = handOut
    current = invocation
    handOut = undefined
    timer = setTimeout(() => {
      child?.kill('SIGKILL')
      ended('Sandbox.Timedout', `Task timed out after ${(invocation.timeoutMs / 1_000).toFixed(2)} seconds`)
    }, invocation.timeoutMs)
    give(invocation.id, JSON.stringify(invocation.event), {
      'lambda-runtime-deadline-ms': String(Date.now() + invocation.timeoutMs),
      'lambda-runtime-invoked-function-arn': testFunctionArn,
      'lambda-runtime-trace-id': `Root=1-00000000-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=1`,
    })
  }
  const boot = () => {
    const { taskRoot, handler, env = {}, memoryMiB = 512, node = process.execPath } = deployed
    const set = {
      AWS_LAMBDA_RUNTIME_API: api.address,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_FUNCTION_NAME: 'test',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
      AWS_REGION: 'eu-west-2',
      TZ: ':UTC',
    }
    starts++
    const started = spawn(node, ['--input-type=module', '-e', bootstrap], { cwd: taskRoot, env: { ...set, ...env } })
    const add = (data: Buffer) => {
      output += data.toString()
    }
    started.stdout.on('data', add)
    started.stderr.on('data', add)
    started.once('exit', () => {
      if (child === started) {
        child = undefined
        handOut = undefined
      }
      if (current) ended('Runtime.ExitError', 'Runtime exited without providing a reason')
      else proceed()
    })
    child = started
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    const killer = setTimeout(() => child?.kill('SIGKILL'), shutdownMs)
    child.kill(signal)
    await exit
    clearTimeout(killer)
  }
  return {
    invoke: (event, timeoutMs = 10_000) =>
      new Promise<Invoked>(settle => {
        queue.push({ id: `request-${++invocations}`, event, timeoutMs, settle })
        proceed()
      }),
    output: () => output,
    starts: () => starts,
    shutdown: () => end('SIGTERM'),
    async close() {
      queue.length = 0
      clearTimeout(timer)
      await end('SIGKILL')
      api.close()
    },
  }
}
