import type { Source } from '@millrace/etl-core'
import pLimit from 'p-limit'
import { readerOf } from './ask.js'
import { identityOf, type PlantsOptions, settingsOf } from './options.js'
import { planRanges } from './plan.js'
import { readPlants } from './read.js'
import { runTimes } from './run-time.js'
import type { PlantReading } from './schema.js'

/**
 * Reads the sensors of a museum's plants: one record per plant that answers, in the order of ids. All three generations of the API are
 * understood, each field by its own form. No key is needed.
 *
 * Records: {@link PlantReading}. Reading again gives later readings; one moment of a plant always has the same `plant_id` and
 * `recording_taken`, so a sink that merges by these two loads nothing twice.
 * Rejects: a plant that could not be read (its sensors failed at every attempt, an error or no answer, the budget used up), an answer of
 * unknown structure, a time that did not happen or lies in the future. They cost no other plant its reading. What is out of range is
 * judged by `plausibleReading`, in the pipeline.
 * Counts in the report's `counts.source`: `faults` (answers that spoke of a sensor fault), `holes` (ids not found below a plant that was),
 * `loans` (plants at another museum).
 * Splits: `idsPerSplit` known ids each, and one that looks for new plants until `stopAfter` ids in a row are not found; all in the group
 * `plants`, whose bookmark is the highest id ever seen. Batches: `idsPerBatch` ids; reading goes on at the next one after a stop.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. While running SourceError, when not one of several plants was
 * answered or nothing in the whole run: `ETL_SOURCE_UNAVAILABLE`, also for a budget used up, and those of `httpReader`.
 * @example
 * from(plants({ apiUrl: 'http://127.0.0.1:8080/plants' })).validate(plausibleReading())
 */
export function plants(options: PlantsOptions = {}): Source<PlantReading> {
  const settings = settingsOf(options)
  const reader = readerOf(settings)
  const limit = pLimit(settings.concurrency)
  const timeOf = runTimes(settings.budgetMs)
  return Object.freeze<Source<PlantReading>>({
    name: 'plants',
    capabilities: { resumable: true, rereads: 'mayDiffer' },
    identity: identityOf(settings),
    access: () => [
      { system: 'HTTP', what: 'the API', actions: [], resources: [new URL(settings.apiUrl).origin], why: 'it asks for no key' },
    ],
    plan: async ctx => planRanges(settings, ctx),
    read: (split, from, ctx) => readPlants({ reader, settings, limit, time: timeOf(ctx.load) }, split, from, ctx),
  })
}
