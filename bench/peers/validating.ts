import type { Run } from '../case.js'
import { batchesFrom, checkableAt, poolOf } from '../inputs/pool.js'
import { valuedIndicator } from '../work.js'

/** zod's `safeParse` in a loop, and nothing else. */
export const validatingByZod: Run = async ({ records }) => {
  let years = 0
  let recordsOut = 0
  for (const batch of batchesFrom(poolOf(checkableAt), records)) {
    for (const row of batch) {
      const checked = valuedIndicator.safeParse(row)
      if (!checked.success) continue
      years += checked.data.year
      recordsOut++
    }
  }
  return { recordsIn: records, recordsOut, bytesOut: 0, sum: async () => `years ${years}` }
}
