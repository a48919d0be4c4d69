import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from '@millrace/etl-core'
import { rowsIn } from './world.js'

const command = fileURLToPath(new URL('../../../adapters/cli/bin/millrace.js', import.meta.url))

/** Runs the real command in a process of its own. `onEvent` is told the type of each event. */
export function millrace(args: readonly string[], onEvent: (type: string, kill: () => void) => void = () => {}) {
  const child = spawn(process.execPath, [command, 'run', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  let [rest, problems] = ['', '']
  let report: RunReport | undefined
  child.stderr.on('data', text => {
    problems += text
  })
  child.stdout.setEncoding('utf8').on('data', text => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter(Boolean)) {
      const event = JSON.parse(line) as { readonly type: string; readonly report?: RunReport }
      if (event.type === 'load.finished') report = event.report
      onEvent(event.type, kill)
    }
  })
  return new Promise<{
    readonly code: number | null
    readonly signal: string | null
    problems: string
    report: RunReport | undefined
  }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, problems, report }))
  })
}

const reading = "plant_id || ' at ' || epoch_us(recording_taken) AS reading"

/** The readings in the database, each as plant and moment. */
export const inDatabase = async (file: string) =>
  (await rowsIn(file, `SELECT ${reading} FROM plant_readings ORDER BY 1`)).map(row => String(row.reading))

/** The readings in the archive, each as often as it is there, asked of DuckDB. */
export async function inArchive(folder: string, database: string): Promise<readonly string[]> {
  if (!existsSync(join(folder, 'readings'))) return []
  const files = join(folder, 'readings/**/*.parquet')
  // A glob without a match is an error there.
  const [found] = await rowsIn(database, `SELECT count(*) AS n FROM glob('${files}')`)
  if (Number(found?.n) === 0) return []
  return (await rowsIn(database, `SELECT ${reading} FROM read_parquet('${files}') ORDER BY 1`)).map(row => String(row.reading))
}
