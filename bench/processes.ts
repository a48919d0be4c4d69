import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Where the built entries are, and how processes are started. */
export interface Launcher {
  readonly built: string
  /** Node flags of measured processes. */
  readonly nodeFlags: readonly string[]
}

/** Runs an entry to its end and returns what it printed. Its errors go to ours. */
export async function runEntry(
  { built, nodeFlags }: Launcher,
  entry: string,
  args: readonly string[],
  env = {},
): Promise<string> {
  const child = spawn(process.execPath, [...nodeFlags, join(built, `${entry}.js`), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${entry} ${args[0] ?? ''} ended with ${signal ?? `exit code ${code}`}.`)
  return Buffer.concat(chunks).toString()
}

/** A process that says in its first line how it is reached, and ends when its input does. */
export async function startEntry({ built }: Launcher, entry: string): Promise<{ readonly told: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(built, `${entry}.js`)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done) throw new Error(`${entry} ended before it was ready.`)
  return {
    told: first.value,
    async stop() {
      child.stdin.end()
      await closed
    },
  }
}
