import pLimit from 'p-limit'
import { refuse, type Step, type StepContext, type StepRows } from './step.js'

/** The calls of `eachAsync`. */
export function callsAtOnce(fn: (record: unknown, ctx: StepContext) => Promise<unknown>, concurrency: number): Step {
  return {
    name: 'eachAsync',
    keepsShape: false,
    async apply(set, run, stage): Promise<StepRows> {
      const limit = pLimit(concurrency)
      const results = await Promise.all(
        set.rows.map((row, index) =>
          limit(async () => {
            run.context.signal.throwIfAborted()
            try {
              return { row: await fn(row, run.context) }
            } catch (error) {
              refuse(error, set.origin[index] as number, run, stage)
              return undefined
            }
          }),
        ),
      )
      const rows: unknown[] = []
      const origin: number[] = []
      results.forEach((result, index) => {
        if (result === undefined) return
        rows.push(result.row)
        origin.push(set.origin[index] as number)
      })
      return { rows, origin }
    },
  }
}
