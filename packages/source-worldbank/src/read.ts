import type { Cursor, SourceBatch, Split, SplitContext } from '@millrace/etl-core'
import type { HttpReader } from '@millrace/http'
import { observationsAddress } from './addresses.js'
import { type Call, getPage } from './api.js'
import { problem } from './errors.js'
import type { Lookups } from './lookups.js'
import type { Settings } from './options.js'
import type { Page } from './page.js'
import type { SplitParams } from './plan.js'
import { type RowPlan, recordsOfPage } from './rows.js'
import type { Observation } from './schema.js'

/** After which page a split stands. `pages` and `total` are page 1's: later pages have been seen with wrong ones. */
interface PageCursor {
  readonly page: number
  readonly pages: number
  readonly total: number
  /** Rows of the API so far, those dropped included. */
  readonly rowsRead: number
  readonly lastUpdated: string
}

/** Reads a split page by page; each page is one batch. */
export async function* readPages(
  reader: HttpReader,
  settings: Settings,
  lookups: Lookups,
  split: Split,
  from: Cursor | undefined,
  ctx: SplitContext,
): AsyncGenerator<SourceBatch<Observation>, void, undefined> {
  const params = split.params as unknown as SplitParams
  let at = from as unknown as PageCursor | undefined
  if (at && at.page >= at.pages) return
  const rowPlan = await rowPlanOf(params, settings, lookups, callOf(ctx, `what belongs to ${params.indicator}`))
  for (;;) {
    const pageNo = (at?.page ?? 0) + 1
    const what = `page ${pageNo} of ${params.indicator}`
    const part = { page: pageNo, perPage: settings.perPage, economies: params.economies }
    const page = await getPage(reader, observationsAddress(settings, params.indicator, part), what, callOf(ctx, what))
    refuseChange(page, params, what)
    const { pages, total } = at ?? page
    const rowsRead = (at?.rowsRead ?? 0) + page.rows.length
    const ended = pageNo >= pages || page.rows.length === 0
    // Before the last page is handed over: a split that is not complete must not look so, and another attempt must have a page to read.
    if (ended && rowsRead !== total) {
      const context = { indicator: params.indicator, rowsRead, total }
      throw problem(from === undefined ? 'incomplete' : 'incompleteAfterResume', what, [`${rowsRead}`, `${total}`], context)
    }
    if (page.rows.length === 0) return
    at = { page: pageNo, pages, total, rowsRead, lastUpdated: params.lastUpdated }
    yield batchOf(page, pageNo, rowPlan, { ...at }, page.bytes)
    if (ended) return
  }
}

function callOf(ctx: SplitContext, what: string): Call {
  return { signal: ctx.signal, onRetry: ({ error }) => ctx.progress.retried(what, error) }
}

/** What was planned holds for the day it was planned with: the group's label and bookmark carry it. */
function refuseChange({ lastUpdated }: Page, params: SplitParams, what: string): void {
  if (lastUpdated === params.lastUpdated) return
  const context = { indicator: params.indicator, planned: params.lastUpdated, found: lastUpdated }
  throw problem('changed', what, [params.lastUpdated, lastUpdated ?? 'no data'], context)
}

async function rowPlanOf(params: SplitParams, settings: Settings, lookups: Lookups, call: Call): Promise<RowPlan> {
  const aggregates = new Set(params.aggregates?.split(';'))
  const only = settings.aggregates === 'only'
  return {
    indicator: params.indicator,
    lastUpdated: params.lastUpdated,
    footnote: settings.footnote === true,
    wants: params.aggregates === undefined ? () => true : code => aggregates.has(code) === only,
    countries: settings.join?.includes('country') ? await lookups.countries(call) : undefined,
    info: settings.join?.includes('indicator') ? ((await lookups.indicator(params.indicator, call)) ?? 'none') : undefined,
  }
}

function batchOf(page: Page, pageNo: number, plan: RowPlan, cursor: Cursor, bytes: number): SourceBatch<Observation> {
  const { records, rowNos, unreadable } = recordsOfPage(page, pageNo, plan)
  return {
    records,
    cursor,
    bytes,
    positionOf: row => ({ page: pageNo, row: rowNos[row] ?? row + 1 }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  }
}
