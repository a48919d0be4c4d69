import {
  definePipeline,
  type Flow,
  from,
  listRejects,
  memoryState,
  type Reject,
  type RunOptions,
  type RunReport,
  run,
  type Sink,
} from '../src/index.js'

/** Runs records through steps and gives back what a sink would get, what was rejected, and the report. One inner array is one batch. */
export async function collect<T, U>(
  batches: readonly (readonly T[])[],
  steps: (flow: Flow<T>) => Flow<U>,
  options: RunOptions = {},
): Promise<{ written: U[]; batches: U[][]; rejects: Reject[]; report: RunReport }> {
  const written: U[][] = []
  const sink: Sink<U> = {
    name: 'collector',
    capabilities: { disposition: 'replace', durableAt: 'commit', replay: 'idempotent', cursor: 'outside' },
    open: async () => ({
      write: async batch => {
        written.push([...batch.rows.toArray()])
        return {}
      },
      flush: async () => undefined,
      commit: async () => null,
      suspend: async () => {},
      abort: async () => {},
    }),
  }
  const source = from<T>({
    name: 'batches',
    capabilities: { resumable: false, rereads: 'same' },
    plan: async () => ({ splits: [{ id: 'all', params: null }] }),
    async *read() {
      for (const [cursor, records] of batches.entries()) yield { records, cursor }
    },
  })
  const state = options.state ?? memoryState()
  const pipeline = definePipeline({ name: 'collect', build: () => steps(source).into(sink) })
  const report = await run(pipeline, {}, { ...options, state })
  const rejects: Reject[] = []
  for await (const reject of listRejects(state)) rejects.push(reject)
  return { written: written.flat(), batches: written, rejects, report }
}
