import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Answer, type Order, signalLine } from './order.js'

/** A process that takes orders. */
export interface Child {
  order(order: Order): Promise<Answer>
  /** Resolves when the process is about to send itself the signal of its order. */
  readonly signalled: Promise<void>
  wake(): void
  end(): Promise<void>
}

/** Bundles the child's script from the sources, once per test file. The caller calls `remove`. */
export async function childScript(): Promise<{ start(): Child; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-child-'))
  await build({
    entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['millrace-source'],
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
  return { start: () => childOf(join(folder, 'child.mjs')), remove: () => rm(folder, { recursive: true, force: true }) }
}

function childOf(script: string): Child {
  const child: ChildProcess = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((answer: Answer) => void)[] = []
  let over = false
  const ended = new Promise<void>(resolve => {
    child.once('close', () => {
      over = true
      for (const answer of waiting.splice(0)) answer({ error: 'killed' })
      resolve()
    })
  })
  child.stdin?.on('error', () => undefined)
  let tell = () => {}
  const signalled = new Promise<void>(resolve => {
    tell = resolve
  })
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line => {
    if (line === signalLine) tell()
    else waiting.shift()?.(JSON.parse(line) as Answer)
  })
  return {
    signalled,
    order: order =>
      new Promise(resolve => {
        if (over) return resolve({ error: 'killed' })
        waiting.push(resolve)
        child.stdin?.write(`${JSON.stringify(order)}\n`)
      }),
    wake: () => void child.kill('SIGCONT'),
    async end() {
      child.stdin?.end()
      child.kill('SIGCONT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}
