import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { bundleOf, bundleProblems } from './bundle.js'
import { coldOf } from './cold.js'
import { chosen, type Flags, flagsFrom, help } from './flags.js'
import { growthOf } from './growth.js'
import { type Bench, forgetInputs } from './measure.js'
import { type MemoryResult, memoryOf } from './memory.js'
import { microOf } from './micro.js'
import { minutes } from './minute.js'
import { type ContestResult, contestOf } from './ratios.js'
import { type BenchReport, bundleTable, memoryTable, minuteTable, problemsOf, throughputTable } from './report.js'
import { sections } from './results.js'
import { resultsFile } from './results-file.js'
import { compare, type ThroughputResult } from './throughput.js'

/** Measures what the flags ask for, prints tables, writes `bench.json`. Returns the exit code. */
export async function main(
  args: readonly string[],
  { built, root }: { readonly built: string; readonly root: string },
): Promise<number> {
  let flags: Flags | 'help'
  try {
    flags = flagsFrom(args)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run bench -- --help says what there is.\n`)
    return 2
  }
  if (flags === 'help') {
    process.stdout.write(help)
    return 0
  }
  const out = resolve(flags.out ?? join(root, 'out'))
  mkdirSync(out, { recursive: true })
  const work = mkdtempSync(join(out, 'bench-work-'))
  process.on('exit', () => rmSync(work, { recursive: true, force: true }))
  const nodeFlags = flags.cpuProf ? ['--cpu-prof', `--cpu-prof-dir=${join(out, 'profiles')}`] : []
  const measured = await measureAll({ built, work, nodeFlags }, flags, root)
  if (flags.results) writeFileSync(join(root, 'bench/RESULTS.md'), resultsFile(measured, root))
  return report(measured, join(out, 'bench.json'))
}

async function measureAll(bench: Bench, flags: Flags, root: string): Promise<BenchReport> {
  const memory: MemoryResult[] = []
  const throughput: ThroughputResult[] = []
  const contests: ContestResult[] = []
  const cases = chosen(flags)
  for (const each of cases.contests) contests.push(await contestOf(bench, each, flags.rows, flags.rounds))
  await forgetInputs(bench)
  for (const each of cases.memory) {
    memory.push(await memoryOf(bench, each, flags.records, flags.memoryRuns))
  }
  for (const each of cases.throughput) {
    throughput.push(await compare(bench, each, flags.records, flags.throughputRuns))
  }
  return {
    at: new Date().toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cores: availableParallelism(),
      processor: cpus()[0]?.model ?? 'unknown',
      memoryBytes: totalmem(),
    },
    ...(contests.length > 0 ? { contests } : {}),
    ...(cases.growth ? { growth: await growthOf(bench, flags.rows / 10, Math.min(3, flags.rounds)) } : {}),
    ...(cases.micro ? { micro: await microOf(bench, flags.microMs, Math.min(3, flags.rounds)) } : {}),
    ...(cases.cold ? { cold: await coldOf(bench, root, flags.coldRounds) } : {}),
    memory,
    throughput,
    ...(cases.minute ? { minute: await minutes(bench, root, flags.throughputRuns) } : {}),
    ...(cases.bundle ? { bundle: await bundleOf(bench, root, flags.throughputRuns) } : {}),
  }
}

function report(measured: BenchReport, file: string): number {
  const { node, platform, cores, processor } = measured.machine
  const tables = [
    ...sections(measured).map(text => `${text}\n`),
    memoryTable(measured.memory),
    throughputTable(measured.throughput),
    minuteTable(measured.minute),
    bundleTable(measured.bundle),
  ].filter(text => text !== '')
  process.stdout.write(`Node ${node}, ${platform}, ${cores} cores (${processor})\n\n${tables.join('\n')}`)
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`)
  const problems = [...problemsOf(measured), ...bundleProblems(measured.bundle)]
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  return problems.length > 0 ? 1 : 0
}
