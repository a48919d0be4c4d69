import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { count } from './markdown.js'
import type { BenchReport } from './report.js'
import { sections } from './results.js'

const packages = [
  'csv-parse',
  'csv-stringify',
  'papaparse',
  'udsv',
  'csv-parser',
  'fast-csv',
  'zod',
  '@duckdb/node-api',
  'bench/more/effect',
  'bench/more/etl',
]

/** `RESULTS.md`: who measured what with which versions, and the tables. */
export function resultsFile(report: BenchReport, root: string): string {
  const { node, platform, cores, processor, memoryBytes } = report.machine
  const head = [
    '# Results',
    'Written by `npm run bench`; how to read it is in the [README](README.md), with what is behind a goal that is not reached.',
    `${report.at.slice(0, 10)}. Node ${node}, ${platform}, ${cores} cores (${processor}), ${count(Math.round(memoryBytes / 2 ** 30))} GiB.`,
    `Peers: ${versions(root).join(', ')}.`,
  ]
  return `${[...head, ...sections(report)].join('\n\n')}\n`
}

function versions(root: string): string[] {
  const miller = spawnSync('mlr', ['--version'], { encoding: 'utf8' }).stdout?.trim().replace('mlr', 'Miller')
  return [...packages.flatMap(name => versionOf(root, name) ?? []), ...(miller ? [miller] : [])]
}

function versionOf(root: string, name: string): string | undefined {
  const more = name.startsWith('bench/more/')
  const bare = more ? name.slice('bench/more/'.length) : name
  const file = join(root, more ? 'bench/more' : '.', 'node_modules', bare, 'package.json')
  try {
    return `${bare} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`
  } catch {
    return undefined
  }
}
