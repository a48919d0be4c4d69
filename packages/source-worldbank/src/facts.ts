import type { RunContext } from '@millrace/etl-core'
import type { HttpReader } from '@millrace/http'
import { observationsAddress, type Part } from './addresses.js'
import { type Call, getPage } from './api.js'
import { problem } from './errors.js'
import type { Settings } from './options.js'

/** What planning needs, once per plan. */
export interface Planning {
  readonly reader: HttpReader
  readonly settings: Settings
  readonly ctx: RunContext
  readonly call: Call
  /** Two-letter codes of the aggregates; not asked for when they are kept. */
  readonly aggregates: () => Promise<ReadonlySet<string>>
}

/** How many rows there are and when they were last updated. */
export interface Facts {
  readonly total: number
  readonly lastUpdated: string
  readonly sourceId: string | null
}

/** Asks for one row: its envelope has all that planning needs, and costs the API little. `undefined` when nothing matches. */
export async function askFacts(
  indicator: string,
  { reader, settings, call }: Planning,
  part: Omit<Part, 'page' | 'perPage'> = {},
): Promise<Facts | undefined> {
  const page = await getPage(reader, observationsAddress(settings, indicator, { page: 1, perPage: 1, ...part }), indicator, call)
  if (page.total === 0) return undefined
  if (page.lastUpdated === null) throw problem('undated', indicator, [], { indicator })
  return { total: page.total, lastUpdated: page.lastUpdated, sourceId: page.sourceId }
}
