import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchCase, Job } from './case.js'
import { inputOfKind } from './inputs/index.js'
import type { Figures } from './measured.js'
import { type Launcher, runEntry, startEntry } from './processes.js'

/** What one run is measured with. */
export interface Bench extends Launcher {
  /** For inputs and outputs; emptied between runs. */
  readonly work: string
}

/** Runs a case once, in a process of its own, and lets `look` see what it wrote before that is removed. */
export async function measure<R>(
  bench: Bench,
  measured: BenchCase,
  { records, input }: Omit<Job, 'folder'>,
  look: (figures: Figures) => Promise<R>,
): Promise<R> {
  const folder = join(bench.work, 'out')
  await mkdir(folder, { recursive: true })
  const server = measured.writes === 's3' ? await startEntry(bench, 's3-process') : undefined
  try {
    const job: Job = { records, input, folder }
    const env = server === undefined ? {} : (JSON.parse(server.told) as Record<string, string>)
    const figures = JSON.parse(await runEntry(bench, 'measured', [measured.name, JSON.stringify(job)], env)) as Figures
    if (figures.recordsIn !== records) throw new Error(`${measured.name} read ${figures.recordsIn} of ${records} records.`)
    return await look(figures)
  } finally {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a case of so many records reads: a file, or a database file; empty for nothing. Made once, and removed with {@link forgetInputs}. */
export async function inputOf(bench: Bench, { reads, fills, input = 'orders' }: BenchCase, records: number): Promise<string> {
  if (reads === 'generated') return ''
  const folder = join(bench.work, 'in', fills?.name ?? '', String(records))
  await mkdir(folder, { recursive: true })
  if (fills) {
    const job: Job = { records, input: '', folder }
    if ((await readdir(folder)).length === 0)
      await runEntry({ ...bench, nodeFlags: [] }, 'measured', [fills.name, JSON.stringify(job)])
    const [file] = await readdir(folder)
    return file === undefined ? '' : join(folder, file)
  }
  const file = join(folder, `${input}.${inputOfKind(input).extension}`)
  if (!existsSync(file)) await runEntry({ ...bench, nodeFlags: [] }, 'generate', [input, file, String(records)])
  return file
}

/** Makes room: inputs of the large sizes have gigabytes. */
export const forgetInputs = (bench: Bench): Promise<void> => rm(join(bench.work, 'in'), { recursive: true, force: true })
