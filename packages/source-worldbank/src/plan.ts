import {
  type ErrorJson,
  errorJson,
  isEtlError,
  type Json,
  type Plan,
  type RunContext,
  type Split,
  splitId,
} from '@millrace/etl-core'
import type { HttpReader } from '@millrace/http'
import type { Call } from './api.js'
import { economyBlocks } from './economies.js'
import { askFacts, type Facts, type Planning } from './facts.js'
import { listCountries } from './metadata.js'
import { identityOf, type Settings } from './options.js'

/** What `read` is told of a split. */
export interface SplitParams {
  readonly indicator: string
  readonly lastUpdated: string
  /** The block's economies, two-letter codes joined with `;`. Absent: all that the options ask for. */
  readonly economies?: string
  /** Two-letter codes of all aggregates, joined with `;`: to drop them, or all others. Absent when there is nothing to drop. */
  readonly aggregates?: string
}

type Outcome =
  | { readonly kind: 'splits'; readonly splits: readonly Split[]; readonly lastUpdated: string }
  | { readonly kind: 'skipped'; readonly reason: 'unchanged' | 'no data' }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

/**
 * One group per indicator. Asks for each indicator's first row, which tells the total and the day of the last update; with blocks, for the
 * order of economies too.
 */
export async function planIndicators(reader: HttpReader, settings: Settings, ctx: RunContext): Promise<Plan> {
  const ender = new AbortController()
  const stop = () => ender.abort(ctx.signal.reason)
  if (ctx.signal.aborted) stop()
  else ctx.signal.addEventListener('abort', stop, { once: true })
  try {
    const planning = planningOf(reader, settings, ctx, ender.signal)
    const outcomes = await Promise.all(settings.indicators.map(indicator => outcomeOf(indicator, planning)))
    return planOf(settings.indicators, outcomes)
  } finally {
    // One indicator's failure ends the plan: the requests of the others end with it.
    ctx.signal.removeEventListener('abort', stop)
    ender.abort()
  }
}

function planningOf(reader: HttpReader, settings: Settings, ctx: RunContext, signal: AbortSignal): Planning {
  const call: Call = {
    signal,
    onRetry: ({ url, waitMs, error }) =>
      ctx.log.warn('World Bank: asked again while planning.', { url, waitMs, error: errorJson(error) }),
  }
  let listed: Promise<ReadonlySet<string>> | undefined
  const list = async () => {
    const countries = await listCountries(reader, { apiUrl: settings.apiUrl, ...call })
    return new Set(countries.filter(country => country.isAggregate).map(country => country.iso2Code))
  }
  return {
    reader,
    settings,
    ctx,
    call,
    aggregates: () => {
      listed ??= list()
      return listed
    },
  }
}

function planOf(indicators: readonly string[], outcomes: readonly Outcome[]): Plan {
  const named = outcomes.map((outcome, index) => ({ group: indicators[index] as string, outcome }))
  return {
    splits: named.flatMap(({ outcome }) => (outcome.kind === 'splits' ? outcome.splits : [])),
    bookmarks: Object.fromEntries(
      named.flatMap(({ group, outcome }) => (outcome.kind === 'splits' ? [[group, outcome.lastUpdated]] : [])),
    ),
    skipped: named.flatMap(({ group, outcome }) => (outcome.kind === 'skipped' ? [{ group, reason: outcome.reason }] : [])),
    failed: named.flatMap(({ group, outcome }) => (outcome.kind === 'failed' ? [{ group, error: outcome.error }] : [])),
  }
}

async function outcomeOf(indicator: string, planning: Planning): Promise<Outcome> {
  try {
    const facts = await askFacts(indicator, planning)
    if (!facts) return { kind: 'skipped', reason: 'no data' }
    if (planning.ctx.bookmarks.get(indicator) === facts.lastUpdated) return { kind: 'skipped', reason: 'unchanged' }
    const splits = await splitsOf(indicator, facts, planning)
    return splits.length === 0
      ? { kind: 'skipped', reason: 'no data' }
      : { kind: 'splits', splits, lastUpdated: facts.lastUpdated }
  } catch (error) {
    if (!concernsOneIndicator(error)) throw error
    return { kind: 'failed', error: errorJson(error) }
  }
}

/** The API's verdict on one indicator fails that group. When the API is away or wants credentials, there is no plan. */
function concernsOneIndicator(error: unknown): boolean {
  if (!isEtlError(error) || !error.code.startsWith('ETL_SOURCE_')) return false
  return error.code === 'ETL_SOURCE_CHANGED' || (error.retry === 'never' && error.code !== 'ETL_SOURCE_DENIED')
}

async function splitsOf(indicator: string, facts: Facts, planning: Planning): Promise<readonly Split[]> {
  const { settings } = planning
  const blocks = settings.splitEconomies === undefined ? undefined : await economyBlocks(indicator, facts, planning)
  if (blocks) return blocks.map((economies, index) => splitOf(indicator, facts, settings, { economies }, index + 1))
  const filter = settings.aggregates === 'keep' ? {} : { aggregates: [...(await planning.aggregates())].join(';') }
  return [splitOf(indicator, facts, settings, filter)]
}

function splitOf(
  indicator: string,
  { lastUpdated, sourceId }: Facts,
  settings: Settings,
  filter: Pick<SplitParams, 'economies' | 'aggregates'>,
  blockNo?: number,
): Split {
  const params: SplitParams = { indicator, lastUpdated, ...filter }
  const decides: Json = { ...params, ...identityOf(settings) }
  return {
    id: splitId(blockNo === undefined ? indicator : `${indicator}-${blockNo}`, decides),
    params: { ...params },
    group: indicator,
    labels: { indicator, lastUpdated, ...(sourceId === null ? {} : { source: sourceId }) },
  }
}
