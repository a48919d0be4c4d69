import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flagsFrom } from '../bench/flags.js'
import { verdictOf } from '../bench/memory.js'
import { orderAt } from '../bench/orders.js'
import { pricedOrder } from '../bench/priced-order.js'
import { type BenchReport, problemsOf } from '../bench/report.js'
import type { Side } from '../bench/throughput.js'
import { repositoryRoot } from '../tools/workspaces.mjs'

describe('npm run bench', () => {
  let out: string
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  })
  afterEach(() => rmSync(out, { recursive: true, force: true }))

  const bench = (...flags: string[]) =>
    spawnSync(process.execPath, ['bench/run.mjs', '--out', out, ...flags], { cwd: repositoryRoot, encoding: 'utf8' })
  const reported = () => JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as BenchReport

  test('compares sides that write the same bytes', { timeout: 120_000 }, () => {
    const { stdout, status } = bench('--quick', '--only', 'throughput')

    const [result] = reported().throughput
    expect(result).toMatchObject({ records: 2000, sameOutput: true, peer: { sha256: result?.ours.sha256 } })
    expect(result?.ours.recordsOut).toBeGreaterThan(1500)
    expect(stdout).toMatch(/^csv-to-csv .*\ncsv-to-csv-streams .* same$/m)
    expect(status).toBe(0)
  })

  test('measures memory at one and at ten times the records, and leaves nothing but its report', { timeout: 120_000 }, () => {
    const { stdout, status } = bench('--quick', '--only', 'memory', '--case', 'gzip-s3')

    const [result] = reported().memory
    expect(result).toMatchObject({ name: 'generated-csv-gzip-s3', records: [2000, 20_000], verdict: 'not judged' })
    expect(result?.bytesOut[1]).toBeGreaterThan(5 * (result?.bytesOut[0] ?? 0))
    expect(stdout).toMatch(/^generated-csv-gzip-s3 +2,000 \/ 20,000 .*not judged$/m)
    expect(status).toBe(0)
    expect(readdirSync(out)).toEqual(['bench.json'])
  })

  test('bundles World Bank to S3, and imports it beside the client of S3', { timeout: 120_000 }, () => {
    const { stdout, status } = bench('--quick', '--only', 'bundle')

    const { bundle } = reported()
    expect(bundle?.zippedBytes).toBeLessThan(1_000_000)
    expect([bundle?.importMs.length, bundle?.peerMs.length, bundle?.withClientMs.length]).toEqual([4, 4, 4])
    expect(stdout).toMatch(/^worldbank-s3 +0\.\d+ .*\nworldbank-s3, client loaded .*\ns3-client-alone .* 1$/m)
    expect(status).toBe(0)
    expect(readdirSync(out)).toEqual(['bench.json'])
  })

  test('says what a flag takes', () => {
    expect(() => flagsFrom(['--only', 'speed'])).toThrow(
      '--only takes ratios, growth, micro, cold, memory, throughput, minute, bundle',
    )
    expect(() => flagsFrom(['--records', '1e6.5'])).toThrow('--records takes a whole number')
    expect(() => flagsFrom(['--case', 'xml'])).toThrow('Cases: csv-objects')
    expect(flagsFrom(['--help'])).toBe('help')
  })
})

describe('the verdict', () => {
  const side: Side = { name: 'a', wallMs: [1], cpuMs: [1], peakBytes: [1], recordsOut: 1, bytesOut: 1, sha256: 'x' }
  const memory = { name: 'a', records: [1, 10], peakBytes: [[1], [1]], bytesOut: [1, 1], growth: 0.2 } as const
  const throughput = { records: 1, bytesIn: 1, ours: side, peer: side, timesPeer: { wall: 1, cpu: 1 } }

  test('on memory is given from a million records on, against 15 %', () => {
    expect(verdictOf(1_000_000, 0.15)).toBe('flat')
    expect(verdictOf(1_000_000, 0.16)).toBe('grows')
    expect(verdictOf(999_999, 9)).toBe('not judged')
  })

  test('names what grew and what differs, and nothing else', () => {
    const bad = { memory: [{ ...memory, verdict: 'grows' as const }], throughput: [{ ...throughput, sameOutput: false }] }
    const good = { memory: [{ ...memory, verdict: 'flat' as const }], throughput: [{ ...throughput, sameOutput: true }] }

    expect(problemsOf(bad)).toEqual([expect.stringContaining('20.0 %'), expect.stringContaining('did not write the same')])
    expect(problemsOf(good)).toEqual([])
  })
})

describe('the order lines', () => {
  const lines = Array.from({ length: 2000 }, (_, index) => orderAt(index))

  test('are the same for the same seed, whichever was asked for before', () => {
    expect(orderAt(1234)).toEqual(lines[1234])
    expect(orderAt(1234, 2)).not.toEqual(lines[1234])
  })

  test.each([/"/, /,/, /\n/, /é/, /東/, /^$/])('hold text with %s', pattern => {
    expect(lines.some(line => Object.values(line).some(text => pattern.test(text)))).toBe(true)
  })

  test('are valid, but for those that were cancelled', () => {
    const invalid = lines.filter(line => !pricedOrder.safeParse({ ...line, amount: 1 }).success)

    expect(invalid.length).toBeGreaterThan(50)
    expect(invalid.filter(line => line.quantity !== '0')).toEqual([])
  })
})
