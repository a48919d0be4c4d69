import type { Source } from '@millrace/etl-core'
import { readerOf } from './api.js'
import { lookupsOf } from './lookups.js'
import { identityOf, settingsOf, type WorldBankOptions } from './options.js'
import { planIndicators } from './plan.js'
import { readPages } from './read.js'
import type { Join, Joined } from './schema.js'

/**
 * Reads indicators of the World Bank's API, one observation per economy and date. No key is needed.
 *
 * Records: {@link Observation}, in the API's order: aggregates, then countries by name, each newest date first. `value` is decimal text,
 * digit for digit as sent. `join` and `footnote` add fields.
 * Groups: one per indicator, with the labels `indicator`, `lastUpdated` (YYYY-MM-DD) and `source`. The bookmark is the API's
 * `lastupdated`: an indicator that has not moved is skipped as `unchanged`, one without rows as `no data`, one the API refuses fails
 * alone. `splitEconomies` cuts an indicator into splits of so many economies; together they give the same rows in the same order.
 * Batches: one per page, `perPage` rows of the API. Reading goes on at the next page after a stop.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. While running SourceError: `ETL_SOURCE_REFUSED` with the API's message,
 * `ETL_SOURCE_CHANGED` when the data is updated while it is read, `ETL_SOURCE_MALFORMED` (later) when pages do not add up to the
 * announced total, and those of `httpReader`.
 * @see https://datahelpdesk.worldbank.org/knowledgebase/articles/889392 for the API's parameters.
 * @example
 * from(worldBank({ indicators: ['SP.POP.TOTL'], date: '2000:2024', aggregates: 'drop' }))
 */
export function worldBank<const J extends readonly Join[] = readonly [], F extends boolean | undefined = undefined>(
  options: Omit<WorldBankOptions, 'join' | 'footnote'> & { readonly join?: J | undefined; readonly footnote?: F },
): Source<Joined<J[number], F extends true ? true : false>> {
  const settings = settingsOf(options)
  const reader = readerOf(settings)
  const lookups = lookupsOf(reader, settings)
  const source: Source<unknown> = {
    name: 'worldBank',
    capabilities: { resumable: true, rereads: 'same' },
    identity: identityOf(settings),
    access: () => [
      { system: 'HTTP', what: 'the API', actions: [], resources: [new URL(settings.apiUrl).origin], why: 'it asks for no key' },
    ],
    plan: ctx => planIndicators(reader, settings, ctx),
    read: (split, from, ctx) => readPages(reader, settings, lookups, split, from, ctx),
  }
  return Object.freeze(source) as Source<Joined<J[number], F extends true ? true : false>>
}
