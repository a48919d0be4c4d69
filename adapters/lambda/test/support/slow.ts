import { definePipeline, from } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { contextOf } from './deployed.js'

/** A clock that moves when a record is made, so that a deadline comes after so many of them. */
export function slow(options: { readonly records: number; readonly recordMs: number; readonly stuckAt?: number }) {
  let nowMs = Date.UTC(2026, 2, 1)
  const clock = { now: () => nowMs }
  const sink = memorySink<{ value: number }>({ disposition: 'append' })
  const pipeline = definePipeline({
    name: 'slow',
    triggers: { event: () => ({}) },
    build: () =>
      from<{ value: number }>({
        name: 'slow',
        capabilities: { resumable: true, rereads: 'same' },
        plan: async () => ({ splits: [{ id: 'all', params: null }] }),
        async *read(_split, after, { signal }) {
          for (let value = Number(after ?? 0) + 1; value <= options.records && !signal.aborted; value++) {
            // One that takes longer than any invocation has: the platform's clock runs out before it is there.
            if (value === options.stuckAt) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
            if (signal.aborted) return
            nowMs += options.recordMs
            yield { records: [{ value }], cursor: value }
          }
        },
      }).into(sink),
  })
  const context = (budgetMs: number) => {
    const untilMs = nowMs + budgetMs
    return { ...contextOf(), getRemainingTimeInMillis: () => untilMs - nowMs }
  }
  return { pipeline, clock, context, loaded: () => sink.visible().map(({ value }) => value) }
}
