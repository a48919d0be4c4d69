import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

/** A script for a process of its own, bundled from the sources of these packages; the driver stays outside. Returns its path. */
export async function bundled(source: string): Promise<string> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  // Beside the tests: there the driver is found.
  const folder = await mkdtemp(join(here, '.script-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'script.mjs')
  await build({
    stdin: { contents: source, resolveDir: here, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@duckdb/node-api'],
    conditions: ['millrace-source'],
    logLevel: 'error',
  })
  return outfile
}

/** A running script. */
export interface Running {
  readonly process: ChildProcess
  /** Waits until it has printed this. */
  printed(text: string): Promise<void>
  /** Waits for its end. */
  ended(): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/** Starts a script. It is killed when the test is over. */
export function start(script: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  return {
    process: child,
    async printed(text) {
      while (!stdout.includes(text)) {
        const next = await Promise.race([once(child.stdout, 'data').then(() => undefined), closed])
        if (next && !stdout.includes(text))
          throw new Error(`The script ended with ${next[0]} before it printed "${text}": ${stderr}`)
      }
    },
    async ended() {
      const [code] = await closed
      return { code, stdout, stderr }
    },
  }
}
