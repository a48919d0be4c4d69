import { definePipeline, from, run } from '@millrace/etl-core'
import { succeeded } from '../cases/finish.js'
import { pooled } from '../cases/pooled.js'
import { takingSink } from '../cases/taking-sink.js'
import { checkableAt, poolOf } from '../inputs/pool.js'
import { valuedIndicator } from '../work.js'
import type { Loop } from './micro-case.js'

/** As many rows as make the beginning and end of a run small. */
const rowsInRun = 200_000

/** A run whose one step validates; state in memory, as for any sink that keeps none. */
export async function validateStep(): Promise<Loop> {
  const pool = poolOf(checkableAt)
  const pipeline = definePipeline({
    name: 'validating',
    build: () =>
      from(pooled(pool, rowsInRun))
        .validate(valuedIndicator)
        .into(takingSink(() => {})),
  })
  return async () => succeeded(await run(pipeline)).counts.written
}

/** zod's `safeParse` in a loop. */
export async function zodLoop(): Promise<Loop> {
  const pool = poolOf(checkableAt)
  return () => {
    let rows = 0
    for (const batch of pool) for (const row of batch) if (valuedIndicator.safeParse(row).success) rows++
    return rows
  }
}
