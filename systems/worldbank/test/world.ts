import { type ChildProcess, spawn } from 'node:child_process'
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

/** A server for the tests of a file. */
export function served(): { readonly url: string; readonly server: WorldBankServer } {
  const held: { server?: WorldBankServer } = {}
  beforeAll(async () => {
    held.server = await worldBankServer({ data: await recordings() })
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

/** Runs the real command in a process of its own. */
export function millrace(args: readonly string[], cwd = tmpdir()) {
  const child: ChildProcess = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
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
