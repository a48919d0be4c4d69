import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunEvent, RunReport } from '@millrace/etl-core'
import {
  type WorldBankData,
  type WorldBankServer,
  worldBankRecordings,
  worldBankServer,
} from '@millrace/source-worldbank/testing'
import { afterAll, beforeAll } from 'vitest'

const command = fileURLToPath(new URL('../../../adapters/cli/bin/millrace.js', import.meta.url))

/** The recorded responses that the quickstart uses too. */
export const recordings = (): Promise<WorldBankData> =>
  worldBankRecordings(fileURLToPath(new URL('../recordings', import.meta.url)))

/** A server for the tests of a file. It serves the recordings, or what is made of them. */
export function served(made: (data: WorldBankData) => WorldBankData = data => data): {
  readonly url: string
  readonly server: WorldBankServer
} {
  const held: { server?: WorldBankServer } = {}
  beforeAll(async () => {
    held.server = await worldBankServer({ data: made(await recordings()) })
  })
  afterAll(() => held.server?.close())
  return {
    get server() {
      return held.server as WorldBankServer
    },
    get url() {
      return this.server.url
    },
  }
}

/** A fresh folder and its place. */
export function freshFolder(): { readonly folder: string; readonly to: string } {
  const folder = join(mkdtempSync(join(tmpdir(), 'millrace-worldbank-')), 'out')
  return { folder, to: `file:${folder}` }
}

/** Runs the real command in a process of its own, with this environment (default: the test's own). */
export function millrace(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child: ChildProcess = spawn(process.execPath, [command, ...args], {
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, ...eventsOf(stdout) }))
  })
  return { child, ended }
}

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly events: readonly RunEvent[]
  readonly report: RunReport | undefined
}

function eventsOf(stdout: string): Pick<Ended, 'events' | 'report'> {
  const lines = stdout.split('\n').filter(line => line.startsWith('{'))
  const events = lines.flatMap(line => {
    try {
      return [JSON.parse(line) as RunEvent]
    } catch {
      return []
    }
  })
  const last = events.at(-1)
  return { events, report: last?.type === 'load.finished' ? last.report : undefined }
}

/** Every file below a folder, state included. Empty if the folder is not there. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(folder, join(entry.parentPath, entry.name)))
      .sort()
  } catch {
    return []
  }
}

/** What a reader of the folder sees: every published file and its bytes. */
export function published(folder: string): Record<string, Buffer> {
  const files = filesIn(folder).filter(name => !name.startsWith('_millrace'))
  return Object.fromEntries(files.map(name => [name, readFileSync(join(folder, name))]))
}

/** Files as a test compares them: matchers look at every byte by itself, which takes seconds for a file and minutes to show. */
export function digestsOf(files: Readonly<Record<string, Uint8Array>> = {}): Record<string, string> {
  const digest = (bytes: Uint8Array) => `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digest(bytes)]))
}

/** Names, sizes, inodes and times of everything, folders included. */
export function traces(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map(name => {
      const { size, mtimeMs, ctimeMs, ino } = statSync(join(folder, name))
      return `${name} ${size} ${ino} ${mtimeMs} ${ctimeMs}`
    })
}
