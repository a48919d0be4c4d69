import { definePipeline, from, run, type Source } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import { typedIndicatorAt } from '../inputs/indicators.js'
import { batchesFrom, checkableAt, poolOf } from '../inputs/pool.js'
import { valuedIndicator } from '../work.js'
import { doneBy, succeeded } from './finish.js'
import { takingSink } from './taking-sink.js'

/** A source whose records are there already. */
export function pooled<T>(pool: readonly (readonly T[])[], records: number): Source<T> {
  return {
    name: 'pooled',
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: [{ id: 'records', params: null }] }),
    async *read(_split, from) {
      const start = typeof from === 'number' ? from : 0
      let at = 0
      for (const batch of batchesFrom(pool, records)) {
        at += batch.length
        if (at > start) yield { records: batch, cursor: at }
      }
    },
  }
}

/** Objects to a CSV file. */
export const writing: Run = async ({ records, folder: out }) => {
  const pool = poolOf(typedIndicatorAt)
  const pipeline = definePipeline({
    name: 'writing',
    connectors: [folder],
    build: ({ connect }) =>
      from(pooled(pool, records)).into(connect.objects(`file:${out}`, { path: 'written.csv', format: csv() })),
  })
  return doneBy(await run(pipeline), out)
}

/** Objects through one schema. */
export const validating: Run = async ({ records }) => {
  const pool = poolOf(checkableAt)
  let years = 0
  const pipeline = definePipeline({
    name: 'validating',
    build: () =>
      from(pooled(pool, records))
        .validate(valuedIndicator)
        .into(
          takingSink(({ year }) => {
            years += year
          }),
        ),
  })
  const { counts } = succeeded(await run(pipeline))
  return { recordsIn: counts.read, recordsOut: counts.written, bytesOut: 0, sum: async () => `years ${years}` }
}
