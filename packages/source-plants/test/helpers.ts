import {
  definePipeline,
  from,
  memoryState,
  type RunOptions,
  type RunReport,
  recordsOf,
  run,
  type SourceBatch,
} from '@millrace/etl-core'
import { type MemorySink, memorySink, testContext, testSplitContext } from '@millrace/etl-testkit'
import { afterEach } from 'vitest'
import { type PlantReading, type PlantsOptions, plants } from '../src/index.js'
import { type PlantsServer, type PlantsServerOptions, plantsServer } from '../src/testing/index.js'

const closing: PlantsServer[] = []
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close()
})

/** A summer's noon in London, where clocks are an hour ahead of UTC. */
export const noon = '2026-07-01T11:00:30.000Z'

/** A server that ends with the test. Nothing goes wrong and nothing is dirty unless the test says so, and time stands still. */
export async function serve(options: PlantsServerOptions = {}): Promise<PlantsServer> {
  const server = await plantsServer({ now: noon, faultRate: 0, dirty: false, ...options })
  closing.push(server)
  return server
}

/** Options that make tests quick. */
export const quick = (server: PlantsServer, options: Partial<PlantsOptions> = {}) =>
  ({
    apiUrl: server.url,
    retry: { attempts: 4, firstMs: 1, maxMs: 5 },
    timeoutMs: 2_000,
    ...options,
  }) satisfies PlantsOptions

/** Everything a plan names, split by split, as the runner reads it. */
export async function readAll(
  source: ReturnType<typeof plants>,
  over: Parameters<typeof testContext>[0] = {},
): Promise<SourceBatch<PlantReading>[]> {
  const ctx = testContext(over)
  const batches: SourceBatch<PlantReading>[] = []
  for (const split of (await source.plan(ctx)).splits) {
    for await (const batch of source.read(split, undefined, testSplitContext({ ...ctx, split }))) batches.push(batch)
  }
  return batches
}

export const recordsIn = (batches: readonly SourceBatch<PlantReading>[]) =>
  batches.flatMap(batch => [...recordsOf(batch.records)])

/** Why plants are missing, by plant. */
export const reasonsIn = (batches: readonly SourceBatch<PlantReading>[]) =>
  Object.fromEntries(
    batches.flatMap(({ unreadable = [] }) =>
      unreadable.map(({ position, error }) => [
        (position as { plant_id: number }).plant_id,
        error.path.length === 0 ? error.message : `${error.path.join('.')} ${error.message}`,
      ]),
    ),
  )

/** The only reading of a museum with one plant, whose answer is changed. */
export async function oneReading(
  server: PlantsServer,
  change: (body: Record<string, unknown>) => unknown = body => body,
  options: Partial<PlantsOptions> = {},
) {
  server.alter(1, change)
  const batches = await readAll(plants(quick(server, options)))
  return { reading: recordsIn(batches)[0], reason: reasonsIn(batches)[1] }
}

/** A destination, as a relational one merges: by plant and time. */
export const byKey = () =>
  memorySink<PlantReading>({
    disposition: 'merge',
    keyOf: reading => `${reading.plant_id} ${reading.recording_taken}`,
  })

/** A pipeline that is run again and again, with its state and destination. */
export function museum(
  server: PlantsServer,
  options: Partial<PlantsOptions> = {},
): { run(over?: RunOptions): Promise<RunReport>; sink: MemorySink<PlantReading> } {
  const state = memoryState()
  const sink = byKey()
  const build = () => from(plants(quick(server, options))).into(sink)
  const pipeline = definePipeline({ name: 'plants', build })
  return { sink, run: over => run(pipeline, {}, { state, retry: { attempts: 2, firstMs: 1, maxMs: 2 }, ...over }) }
}
