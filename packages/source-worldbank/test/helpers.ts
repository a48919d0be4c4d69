import type { Logger, RunContext, Source, SourceBatch, Split, SplitContext } from '@millrace/etl-core'
import { recordsOf, silentLog, systemClock } from '@millrace/etl-core'
import { afterEach } from 'vitest'
import type { WorldBankOptions } from '../src/index.js'
import {
  countryRow,
  observationRow,
  type WorldBankData,
  type WorldBankServer,
  type WorldBankServerOptions,
  worldBankServer,
} from '../src/testing/index.js'

const closing: WorldBankServer[] = []
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close()
})

/** A server that ends with the test. */
export async function serve(options: Partial<WorldBankServerOptions> = {}): Promise<WorldBankServer> {
  const server = await worldBankServer({ data: smallData(), ...options })
  closing.push(server)
  return server
}

/** Economies in the order of the API's rows; the country listing has them in another. Namibia's two-letter code is NA. */
export const economies = [
  { id: 'WLD', iso2: '1W', name: 'World', aggregate: true },
  { id: 'AFE', iso2: 'ZH', name: 'Africa Eastern and Southern', aggregate: true },
  { id: 'ETH', iso2: 'ET', name: 'Ethiopia' },
  { id: 'NAM', iso2: 'NA', name: 'Namibia' },
  { id: 'TCD', iso2: 'TD', name: 'Chad' },
]

/** Indicators A.ONE and A.TWO: five economies, four years, values with digits that a double does not keep. */
export function smallData(dates = ['2003', '2002', '2001', '2000']): WorldBankData {
  const indicator = (id: string) => ({
    id,
    sourceId: '2',
    lastUpdated: '2026-03-06',
    rows: economies.flatMap(({ iso2, id: iso3, name }, economy) =>
      dates.map((date, index) =>
        observationRow({
          indicator: id,
          country: iso2,
          iso3,
          countryName: name,
          date,
          value: index === 1 ? 'null' : `${economy}.5${index}0`,
        }),
      ),
    ),
  })
  return {
    countries: [...economies].sort((a, b) => (a.id < b.id ? -1 : 1)).map(countryRow),
    indicators: [indicator('A.ONE'), indicator('A.TWO')],
    metadata: {
      'A.ONE': JSON.stringify({
        id: 'A.ONE',
        name: 'One',
        source: { id: '2', value: 'WDI' },
        sourceNote: 'a "note";\n',
        sourceOrganization: '',
        topics: [],
      }),
    },
    errors: {
      'A.GONE':
        '[{"message":[{"id":"175","key":"Invalid format","value":"The indicator was not found. It may have been deleted or archived."}]}]',
    },
  }
}

/** Options that make tests quick. */
export const quick = (server: WorldBankServer, options: Partial<WorldBankOptions> = {}) =>
  ({
    indicators: ['A.ONE'],
    apiUrl: server.url,
    perPage: 6,
    retry: { attempts: 3, firstMs: 2, maxMs: 100 },
    timeoutMs: 1_000,
    ...options,
  }) satisfies WorldBankOptions

/** What a run would tell a source. */
export function runContext(over: { bookmarks?: Record<string, string>; signal?: AbortSignal; log?: Logger } = {}): RunContext {
  return {
    pipeline: 'test',
    version: '1',
    load: { loadId: 'load', startedAtMs: 0, attempt: 1, epoch: 1 },
    bookmarks: new Map(Object.entries(over.bookmarks ?? {})),
    signal: over.signal ?? new AbortController().signal,
    clock: systemClock,
    log: over.log ?? silentLog,
  }
}

/** Told retries are kept in `retries`. */
export function splitContext(split: Split, signal?: AbortSignal): SplitContext & { retries: string[] } {
  const retries: string[] = []
  return { ...runContext(signal ? { signal } : {}), split, progress: { retried: what => void retries.push(what) }, retries }
}

/** All batches of one split. */
export async function readAll<T>(source: Source<T>, split: Split, from?: SourceBatch<T>['cursor']): Promise<SourceBatch<T>[]> {
  const batches: SourceBatch<T>[] = []
  for await (const batch of source.read(split, from, splitContext(split))) batches.push(batch)
  return batches
}

/** All records of a plan, split by split. */
export async function recordsOfPlan<T>(source: Source<T>): Promise<T[]> {
  const records: T[] = []
  for (const split of (await source.plan(runContext())).splits) {
    for (const batch of await readAll(source, split)) records.push(...recordsOf(batch.records))
  }
  return records
}

/** The only split of a plan. */
export async function onlySplit<T>(source: Source<T>): Promise<Split> {
  const { splits } = await source.plan(runContext())
  if (splits.length !== 1) throw new Error(`expected one split, not ${splits.length}`)
  return splits[0] as Split
}

/** The error a promise ends in. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected an error')
}
