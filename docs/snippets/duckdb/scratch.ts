// For the tests of the guides about tables: folders of their own, the command, and what lies in a DuckDB file.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { main } from '@millrace/cli'

/** The path of one of the snippets, by its name below docs/snippets. */
export const snippet = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** A folder with a copy of a guide's data, gone at the end of the test, and the places in it. */
export function scratch(data: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-guide-'))
  cpSync(snippet(data), join(folder, 'in'), { recursive: true })
  const file = join(folder, 'plants.duckdb')
  const places = { from: `file:${folder}/in`, to: `duckdb:${file}` }
  return {
    ...{ folder, file, places, flags: ['--from', places.from, '--to', places.to] },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What the command prints on a terminal, in the folder of a reader. Durations and names of loads are the same ones each time. */
export async function printed(folder: string, ...args: readonly string[]): Promise<string> {
  let out = ''
  const stdout = { write: (text: string) => (out += text) }
  await main(args, {
    stdout,
    stderr: { write: () => '' },
    env: process.env,
    cwd: folder,
    isTTY: true,
    columns: 130,
    ask: undefined,
  })
  return out
    .replaceAll(`${folder}/`, './')
    .replace(/\(\d+(\.\d)? m?s\)/g, '(12 ms)')
    .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, '<load>')
}

/** What a query finds in a file, as text. */
export async function found(file: string, sql: string): Promise<string> {
  const rows = await asked(file, sql)
  const names = Object.keys(rows[0] ?? {})
  const lines = [names, ...rows.map(row => names.map(name => String(row[name] ?? 'null')))]
  const widths = names.map((_, at) => Math.max(...lines.map(cells => (cells[at] as string).length)))
  return lines
    .map(
      cells =>
        `${cells
          .map((cell, at) => cell.padEnd(widths[at] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** Does something with a file as another program would, once this process has let go of it. */
export async function asked(file: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  while (existsSync(`${file}.wal`)) await wait(20)
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
