import { readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { type WorldBankServer, worldBankRecordings, worldBankServer } from '@millrace/source-worldbank/testing'
import { worldbank } from '@millrace/system-worldbank'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/workspaces.mjs'
import type { Bundled } from '../src/show/bundled.js'
import { callBundled } from './support/bundled-handler.js'
import { command, jsonLines, spawned, tempFolder } from './support/command.js'
import { entriesIn } from './support/zip.js'

// One bundle for all tests of this file, and one more in another process and folder.
const bundling = ['bundle', 'worldbank', '--connectors', 's3,folder', '--json']
let zip: Buffer
let other: Buffer
let told: Bundled
let server: WorldBankServer
beforeAll(async () => {
  const folder = tempFolder()
  const elsewhere = join(tempFolder(), 'not/there/yet.zip')
  const [here, there] = await Promise.all([
    command(bundling, { cwd: folder }),
    spawned([...bundling, '--out', elsewhere], { cwd: repositoryRoot }).ended,
  ])
  expect([here.err, here.code, there.err, there.code]).toEqual(['', 0, '', 0])
  told = jsonLines(here.out)[0] as unknown as Bundled
  zip = readFileSync(join(folder, 'worldbank.zip'))
  other = readFileSync(elsewhere)
  server = await worldBankServer({ data: await worldBankRecordings(join(repositoryRoot, 'systems/worldbank/recordings')) })
})
afterAll(() => server.close())

const texts = () => Object.values(unzipSync(zip)).map(bytes => Buffer.from(bytes).toString())

describe('the bundle of the World Bank pipeline', () => {
  test('is at most 1 MB, and what its packages weigh adds up', () => {
    const names = told.packages.map(({ name }) => name)

    expect(zip.length).toBeLessThan(1_000_000)
    expect(told).toMatchObject({ handler: 'index.handler', connectors: ['file', 's3'], leftOut: [], zippedBytes: zip.length })
    expect(names).toEqual(
      expect.arrayContaining(['@aws-sdk/client-s3', '@millrace/etl-core', '@millrace/system-worldbank', 'zod']),
    )
    expect(names.filter(name => name.includes('powertools'))).toEqual([])
    expect(told.packages.reduce((sum, each) => sum + each.bytes, 0)).toBe(told.codeBytes)
    expect(Buffer.from(told.sha256, 'base64')).toHaveLength(32)
  })

  test('has the same bytes from another folder', () => {
    expect(other.equals(zip)).toBe(true)
  })

  test('lists its files in one order, with one date, readable by all', () => {
    const entries = entriesIn(zip)
    const names = entries.map(({ name }) => name)

    expect(names).toContain('index.mjs')
    expect(names).toEqual([...names].sort())
    expect(new Set(entries.map(({ modified, mode }) => `${modified} ${mode.toString(8)}`))).toEqual(
      new Set([`${(((1 << 5) | 1) << 16) | (12 << 11)} 100644`]),
    )
  })

  test('names no folder of this computer', () => {
    for (const path of [repositoryRoot, homedir(), join(tmpdir(), 'millrace')]) {
      expect(texts().filter(text => path.length > 1 && text.includes(path))).toEqual([])
    }
  })

  test('has maps of its own files and of those of Millrace, by paths below it', () => {
    const maps = Object.entries(unzipSync(zip)).filter(([name]) => name.endsWith('.map'))
    const sources = maps.flatMap(([, bytes]) => (JSON.parse(Buffer.from(bytes).toString()) as { sources: string[] }).sources)

    expect(sources).toEqual(
      expect.arrayContaining(['src/pipeline.ts', '@millrace/s3/src/bucket.ts', 'node_modules/undici/index.js']),
    )
    expect(sources.filter(source => /^([/\\.]|\w:)/.test(source))).toEqual([])
  })

  test('loads the client of a bucket only when one is opened', () => {
    const files = unzipSync(zip)
    const textOf = (name: string) => Buffer.from(files[name] ?? []).toString()
    const loaded = new Set(['index.mjs'])
    for (const name of loaded) {
      for (const [, next] of textOf(name).matchAll(/\bfrom\s*"\.\/([^"]+)"|\bimport\s*"\.\/([^"]+)"/g)) if (next) loaded.add(next)
    }

    expect(loaded.size).toBeLessThan(Object.keys(files).length / 4)
    expect([...loaded].filter(name => textOf(name).includes('"S3Client"'))).toEqual([])
  })

  test('writes in a process of its own what a library call writes', async () => {
    const [ours, theirs] = [tempFolder(), tempFolder()]
    const params = { indicators: ['SP.POP.TOTL'], date: '2015:2024', apiUrl: server.url }

    await run(worldbank, { ...params, to: `file:${theirs}` })
    const { report } = await callBundled(zip, { ...params, to: `file:${ours}` })

    const latest = (folder: string) => readFileSync(join(folder, 'SP.POP.TOTL/latest.csv'), 'utf8')
    expect(report).toMatchObject({ status: 'succeeded' })
    expect(latest(ours)).toBe(latest(theirs))
  })

  test('keeps the names of errors, and their lines in TypeScript', async () => {
    const { error } = await callBundled(zip, { indicators: ['SP.POP.TOTL'], to: 'nowhere:x' })

    expect(error).toMatchObject({ name: 'ConfigError', code: 'ETL_PLACE_SCHEME' })
    expect(error?.stack).toMatch(/@millrace[\\/]etl-core[\\/]src[\\/]connect\.ts:\d+/)
    expect(error?.stack).toMatch(/task[\\/]src[\\/]pipeline\.ts:\d+/)
  })
})
