import { ConfigError } from '@millrace/etl-core'
import type { HttpDispatcher, HttpReader } from '@millrace/http'
import * as z from 'zod'

/**
 * Where the API was in 2026. An example: it is a service for teaching that has moved before, gives no promise to be there, and is slow.
 * Name your own with `apiUrl`.
 */
export const exampleApiUrl = 'https://tools.sigmalabs.co.uk/api/plants'

/** The schema of {@link PlantsOptions}: types, defaults and descriptions come from it, and reference tables can. */
export const plantsOptions = z.strictObject({
  apiUrl: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with http:// or https://' })
    // An id behind a query would ask for no plant at all.
    .regex(/^[^?#]*$/, { error: 'must end with the path: no ? and no #' })
    .default(exampleApiUrl)
    .describe('Where the API is; a plant is at <apiUrl>/<id>'),
  timeZone: z.string().default('Europe/London').describe('The zone of times that come without one'),
  // As far as two clocks may disagree, and what `zonedToUtc` takes for "not after" where a local time happened twice.
  futureToleranceMs: z
    .int()
    .min(0)
    .default(300_000)
    .describe('Times further ahead of the answer than this many milliseconds are rejects'),
  // Each costs a request in every run, and all are planned before the first.
  knownIds: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe('Ids from 1 that are asked for at every run, whether or not they were ever seen'),
  stopAfter: z.int().min(1).max(1000).default(5).describe('Looking for new plants ends after so many ids in a row are not found'),
  idsPerSplit: z.int().min(1).default(100).describe('Known ids read as one split'),
  // Small enough that little is asked again after a stop, large enough to keep `concurrency` busy.
  idsPerBatch: z.int().min(1).max(10_000).default(25).describe('Plants of a batch'),
  // A call takes a second: fifty plants need five.
  concurrency: z.int().min(1).default(10).describe('Plants asked for at once, those waiting for another attempt included'),
  requestsPerSecond: z.number().positive().optional().describe('No more requests begun per second than this'),
  timeoutMs: z.int().min(1).default(10_000).describe('Milliseconds for one attempt at a plant'),
  // A minute's run keeps ten seconds for the destination.
  budgetMs: z
    .int()
    .min(1)
    .default(50_000)
    .describe('Milliseconds from the first request of a run after which nothing is asked any more'),
  retry: z
    .strictObject({ attempts: z.int().min(1), firstMs: z.number().min(0), maxMs: z.number().min(0) })
    .partial()
    .optional()
    .describe('Attempts at a plant and the waits between them; 6, 250 and 5,000 ms'),
  client: z
    .custom<HttpReader | HttpDispatcher>(value => typeof value === 'object' && value !== null)
    .optional()
    .describe('A ready reader of @millrace/http or an undici dispatcher. With a reader its time-out, retries and rate hold'),
})

/** What {@link plants} can be told. */
export type PlantsOptions = z.input<typeof plantsOptions>
/** The options with their defaults. */
export type Settings = z.output<typeof plantsOptions>

/** @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once. */
export function settingsOf(options: unknown): Settings {
  const result = plantsOptions.safeParse(options)
  const problems = result.success ? zoneProblems(result.data) : result.error.issues.map(lineOf)
  if (problems.length > 0 || !result.success) {
    throw new ConfigError('ETL_CONFIG_INVALID', `Options of plants are not valid: ${problems.join('; ')}.`)
  }
  return { ...result.data, apiUrl: result.data.apiUrl.replace(/\/+$/, '') }
}

const lineOf = ({ path, message }: z.core.$ZodIssue) =>
  path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`

function zoneProblems({ timeZone }: Settings): string[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return []
  } catch {
    return [`timeZone: "${timeZone}" is not known here, use an IANA name like Europe/London`]
  }
}

/**
 * What decides the records of a range of ids. Not where the API is: it moves, and its plants keep their ids, so the highest one seen
 * stays good.
 */
export const identityOf = ({ timeZone }: Settings) => ({ timeZone })
