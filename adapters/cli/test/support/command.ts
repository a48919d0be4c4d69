import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandIo, main } from '../../src/index.js'

export const numbers = fileURLToPath(new URL('../fixtures/numbers.ts', import.meta.url))
export const piped = fileURLToPath(new URL('../fixtures/piped.ts', import.meta.url))
const shim = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))

export const tempFolder = (): string => mkdtempSync(join(tmpdir(), 'millrace-cli-'))

/** A file in a folder of its own; returns its path. */
export function fileWith(name: string, text: string, folder = tempFolder()): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** The command in this process, its output kept. */
export async function command(argv: readonly string[], over: Partial<CommandIo> = {}) {
  let out = ''
  let err = ''
  const code = await main(argv, {
    stdout: { write: text => (out += text) },
    stderr: { write: text => (err += text) },
    env: {},
    cwd: tempFolder(),
    isTTY: false,
    columns: 100,
    rows: 40,
    onSignal: () => () => {},
    ask: undefined,
    ...over,
  })
  return { code, out, err }
}

/** The JSON lines of an output. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)

/** The command as a process. `onOut` sees what it has written so far and may act on the process. */
export function spawned(
  argv: readonly string[],
  options: { cwd?: string; onOut?: (text: string, kill: (signal: NodeJS.Signals) => void) => void } = {},
) {
  const child = spawn(process.execPath, [shim, ...argv], { cwd: options.cwd ?? tempFolder(), stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', data => {
    out += data
    options.onOut?.(out, signal => void child.kill(signal))
  })
  child.stderr.on('data', data => {
    err += data
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }>(resolve => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
  return { child, ended }
}
