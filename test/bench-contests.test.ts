import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contests } from '../bench/contests/index.js'
import { chosen, flagsFrom } from '../bench/flags.js'
import { isFlat } from '../bench/growth.js'
import { fieldsOf, inputOfKind } from '../bench/inputs/index.js'
import { indicatorAt, typedIndicatorAt } from '../bench/inputs/indicators.js'
import { judged } from '../bench/ratios.js'
import { type BenchReport, problemsOf } from '../bench/report.js'
import { differingRow } from '../bench/same.js'
import { isKept, valuedIndicator, withMillions } from '../bench/work.js'
import { repositoryRoot } from '../tools/workspaces.mjs'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

const bench = (...flags: string[]) =>
  spawnSync(process.execPath, ['bench/run.mjs', '--out', out, ...flags], { cwd: repositoryRoot, encoding: 'utf8' })
const reported = () => JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as BenchReport

describe('a contest', () => {
  // The others start up to eleven processes each.
  const run = process.env.MILLRACE_TEST_LONG ? contests.map(({ name }) => name) : ['csv-parquet']

  test.each(run)('is run by all over the same input, and all come to the same: %s', { timeout: 300_000 }, name => {
    const { stdout, status } = bench('--quick', '--only', 'ratios', '--case', name)

    const result = reported().contests?.find(each => each.name === name)
    expect(result?.standings.length).toBeGreaterThan(1)
    expect(result?.standings.filter(({ cpuMs, peakBytes, differs }) => !(cpuMs[0] && peakBytes[0]) || differs)).toEqual([])
    expect(stdout).toContain(`## ${result?.title}\n`)
    expect(status).toBe(0)
    expect(readdirSync(out)).toEqual(['bench.json'])
  })

  test('is looked for by its name or by those of who takes part', () => {
    const names = (...flags: string[]) => {
      const { contests, ...others } = chosen(flagsFrom(flags) as Exclude<ReturnType<typeof flagsFrom>, 'help'>)
      return [
        contests.map(each => `${each.name} ${each.entrants.length}`),
        others.growth,
        others.bundle,
        others.memory.length > 0,
      ]
    }

    expect(names()).toEqual([contests.map(each => `${each.name} ${each.entrants.length}`), true, false, false])
    expect(names('--case', 'csv-work-duckdb')).toEqual([['csv-work 1'], false, false, false])
    expect(names('--only', 'memory')).toEqual([[], false, false, true])
  })

  test('writes the results only when all of it was run, or when asked to', () => {
    expect(flagsFrom([])).toMatchObject({ results: true, rows: 2_000_000 })
    expect(flagsFrom(['--quick'])).toMatchObject({ results: false })
    expect(flagsFrom(['--records', '1000'])).toMatchObject({ results: false, rows: 1000 })
    expect(flagsFrom(['--quick', '--results'])).toMatchObject({ results: true })
  })
})

describe('a goal', () => {
  const standing = (name: string, ...cpuMs: number[]) => ({ name, title: name, isOurs: true, cpuMs, wallMs: [], peakBytes: [] })
  const standings = [standing('ours', 100, 90, 5000), standing('peer', 1000, 999, 1)]
  const goal = { ours: 'ours', peer: 'peer' }

  test('is judged by medians', () => {
    expect(judged({ ...goal, as: 'times', goal: 10 }, standings)).toMatchObject([{ ratio: 9.99, isReached: false }])
    expect(judged({ ...goal, as: 'share', goal: 0.11 }, standings)).toMatchObject([{ isReached: true }])
  })

  test('is left open where one of the two was not there', () => {
    expect(judged({ ...goal, peer: 'other', as: 'times', goal: 1 }, standings)).toEqual([])
  })

  test('on memory is judged at the largest size only', () => {
    const size = (records: number, peak: number) => ({ records, cpuMs: [1], peakBytes: [peak] })
    const grown = { name: 'a', title: 'a', isOurs: true, sizes: [size(20_000_000, 120e6)], peakGrowth: 0.1 }

    expect(isFlat(grown)).toBe(true)
    expect(isFlat({ ...grown, peakGrowth: 0.16 })).toBe(false)
    expect(isFlat({ ...grown, sizes: [size(20_000_000, 131e6)] })).toBe(false)
    expect(isFlat({ ...grown, sizes: [size(200_000, 131e6)] })).toBeUndefined()
  })
})

describe('what is compared', () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(out, name), text)
    return join(out, name)
  }

  test('are rows in order, and numbers by their value', async () => {
    const one = file('one.csv', 'a,b\nx,1\n"y, z",0.000005\n')

    expect(await differingRow(one, file('same.csv', 'a,b\nx,1.0\n"y, z",5e-6\n'))).toBeUndefined()
    expect(await differingRow(one, file('other.csv', 'a,b\nx,1\n"y, z",0.0000051\n'))).toContain('line 3')
    expect(await differingRow(one, file('short.csv', 'a,b\nx,1\n'))).toContain('ends before line 3')
    expect(await differingRow(one, file('long.csv', 'a,b\nx,1\n"y, z",5e-6\nw,\n'))).toContain('behind line 3')
  })

  test('fails the benchmark where it differs', () => {
    const standings = [{ name: 'a', title: 'a', isOurs: true, cpuMs: [], wallMs: [], peakBytes: [], differs: 'line 2' }]
    const contest = { name: 'c', title: 'c', records: 1, standings, goals: [], leftOut: [] }

    expect(problemsOf({ memory: [], throughput: [], contests: [contest] })).toEqual([expect.stringContaining('line 2')])
  })
})

describe('the indicators', () => {
  const rows = Array.from({ length: 3000 }, (_, index) => indicatorAt(index))
  const kept = rows.filter(isKept)

  test('are the same for an index, whichever was asked for before', () => {
    expect(indicatorAt(1234)).toEqual(rows[1234])
    expect(typedIndicatorAt(1234)).toMatchObject({ iso3: rows[1234]?.iso3, year: Number(rows[1234]?.year) })
  })

  test('are dropped in part, and those that are kept are valid', () => {
    expect(kept.length / rows.length).toBeCloseTo(0.72, 1)
    expect(kept.filter(row => !valuedIndicator.safeParse(withMillions(row)).success)).toEqual([])
  })

  test.each(['orders', 'indicators', 'plain', 'wide'] as const)(
    'and the other kinds have their fields in every row: %s',
    kind => {
      const row = inputOfKind(kind).rowAt(77)

      expect(Object.keys(row)).toEqual(fieldsOf(kind))
      expect(new Set(Object.values(row).map(value => typeof value))).toEqual(new Set(['string']))
    },
  )
})
