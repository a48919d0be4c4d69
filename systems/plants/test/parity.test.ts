import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, extname, join, relative } from 'node:path'
import { type RunReport, run } from '@millrace/etl-core'
import type { TestLambda } from '@millrace/etl-testkit/lambda'
import { plantsServer } from '@millrace/source-plants/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archive, plants } from '../src/index.js'
import { millrace } from './command.js'
import { bundled, deployed, nodes } from './deployed.js'
import { rowsIn } from './world.js'

let folder: string
let functions: { readonly plants: string; readonly archive: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-plants-parity-'))
  functions = { plants: await bundled('plants', folder), archive: await bundled('plants-archive', folder) }
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Ids, times and places differ from run to run, nothing else may. */
function comparable(report: RunReport | undefined): unknown {
  const text = JSON.stringify(report, (key, value) =>
    /^(loadId|startedAt|finishedAt|durationMs)$/.test(key) ? undefined : value,
  )
  const scrubbed = text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'server')
    .replaceAll(/millrace-plants-parity-[^"]*?\/(in|to)-[a-z0-9-]+/g, '$1')
    // The names of splits and parts come from where the records are read, too.
    .replaceAll(/plant_readings-[0-9a-f]{12}/g, 'split')
    .replaceAll(/[0-9a-f]{16}\.(csv|parquet)/g, 'part.$1')
  return JSON.parse(scrubbed)
}

/** Two minutes of a museum of its own: the same seed, the same answers. */
async function twoMinutes(minute: (params: { apiUrl: string; to: string }) => Promise<RunReport | undefined>, name: string) {
  const server = await plantsServer({ generation: 3, seed: 7, now: '2026-03-01T12:00:00Z' })
  try {
    const params = { apiUrl: server.url, to: `duckdb:${fileOf(name)}` }
    const first = await minute(params)
    server.advance(60_000)
    return [first, await minute(params)]
  } finally {
    await server.close()
  }
}

const fileOf = (name: string) => join(folder, `in-${name}`, 'plants.duckdb')
const tables = ['country', 'city', 'botanist', 'plant', 'duty', 'reading']

/** Every row of every table, with the ids the database gave them. */
const contentOf = (name: string) =>
  Promise.all(tables.map(async table => [table, await rowsIn(fileOf(name), `SELECT * FROM ${table} ORDER BY ALL`)] as const))

/** What a reader of the archive sees: every file's bytes, by the hour it is for. Its name comes from where the records were read, too. */
async function archivedIn(name: string): Promise<readonly string[]> {
  const root = join(folder, `to-${name}`)
  const found = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !relative(root, path).startsWith('_millrace'))
  const digests = found.sort().map(async path => {
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    return `${relative(root, dirname(path))}: ${digest}${extname(path)}`
  })
  return Promise.all(digests)
}

const byLibrary = { minutes: [] as (RunReport | undefined)[], moves: new Map<string, RunReport>() }
const moment = { now: '2026-03-02T13:00:00Z', olderThan: '24h' }

/** Moves a database of its own, which held the same as all others, by one way. The trigger's identity names what is written. */
async function moved(name: string, format: 'csv' | 'parquet', move: (params: Moving) => Promise<RunReport | undefined>) {
  const at = `${name}-${format}`
  await cp(join(folder, 'in-library'), join(folder, `in-${at}`), { recursive: true })
  return move({ from: `duckdb:${fileOf(at)}`, to: `file:${join(folder, `to-${at}`)}`, format, ...moment })
}
interface Moving {
  readonly from: string
  readonly to: string
  readonly format: 'csv' | 'parquet'
  readonly now: string
  readonly olderThan: string
}

beforeAll(async () => {
  byLibrary.minutes = await twoMinutes(params => run(plants, params), 'library')
  for (const format of ['csv', 'parquet'] as const) {
    const report = await moved('library', format, params => run(archive, params, { loadId: 'hour 13' }))
    byLibrary.moves.set(format, report as RunReport)
  }
})

it('the library loads and moves what the others are compared with', async () => {
  expect(byLibrary.minutes.map(report => report?.status)).toEqual(['succeeded', 'succeeded'])
  for (const format of ['csv', 'parquet']) expect(await archivedIn(`library-${format}`)).toHaveLength(2)
  for (const report of byLibrary.moves.values()) expect(report.groups).toMatchObject([{ status: 'published' }])
})

describe('the command', () => {
  it('leaves the same rows as the library call, and the same report', async () => {
    const reports = await twoMinutes(
      async ({ apiUrl, to }) => (await millrace(['plants', '--api-url', apiUrl, '--to', to])).report,
      'command',
    )

    expect(await contentOf('command')).toEqual(await contentOf('library'))
    expect(reports.map(comparable)).toEqual(byLibrary.minutes.map(comparable))
  })

  it.each(['csv', 'parquet'] as const)('leaves the same bytes in the archive, and the same report: %s', async format => {
    const report = await moved('command', format, async ({ from, to, now, olderThan }) => {
      const flags = ['--from', from, '--to', to, '--now', now, '--older-than', olderThan, '--format', format]
      return (await millrace(['plants-archive', ...flags, '--load-id', 'hour 13'])).report
    })

    expect(await archivedIn(`command-${format}`)).toEqual(await archivedIn(`library-${format}`))
    expect(comparable(report)).toEqual(comparable(byLibrary.moves.get(format)))
  })
})

describe.each(nodes)('the zip of the command, as a function on %s', node => {
  const name = `lambda-${nodes.indexOf(node)}`
  /** The function holds its database for a while, and nobody else can read it then. */
  const withFunction = async <V>(taskRoot: string, act: (invoke: (event: object) => Promise<RunReport>) => Promise<V>) => {
    const lambda: TestLambda = await deployed(taskRoot, node)
    try {
      return await act(async event => {
        const { answer, error } = await lambda.invoke(event, 60_000)
        expect(error).toBeUndefined()
        return answer as RunReport
      })
    } finally {
      await lambda.close()
    }
  }

  it('leaves the same rows as the library call, and the same report', async () => {
    const reports = await withFunction(functions.plants, invoke => twoMinutes(invoke, name))

    expect(await contentOf(name)).toEqual(await contentOf('library'))
    expect(reports.map(comparable)).toEqual(byLibrary.minutes.map(comparable))
  })

  // Native code is loaded on each Node above; by day the archive is written on the first of them.
  const everywhere = process.env.MILLRACE_TEST_LONG !== undefined || node === nodes[0]
  it.runIf(everywhere)('leaves the same bytes in the archive, and the same report', async () => {
    for (const format of ['csv', 'parquet'] as const) {
      const report = await withFunction(functions.archive, invoke =>
        moved(name, format, params => invoke({ ...params, millrace: { loadId: 'hour 13' } })),
      )

      expect(await archivedIn(`${name}-${format}`)).toEqual(await archivedIn(`library-${format}`))
      expect(comparable(report)).toEqual(comparable(byLibrary.moves.get(format)))
    }
  })
})
