import { describe, it } from 'vitest'
import type { ContractCase } from './case.js'

/**
 * Registers cases as vitest tests under one `describe`. A case the suite cannot run is listed as skipped with the reason in its name; one
 * that the declared capabilities rule out is skipped, with the reason, when it runs.
 */
export function describeCases(name: string, cases: readonly ContractCase[], timeoutMs?: number): void {
  describe(name, () => {
    for (const each of cases) {
      if (each.skip !== undefined) {
        it.skip(`${each.name} (skipped: ${each.skip})`)
        continue
      }
      it(each.name, timeoutMs === undefined ? {} : { timeout: timeoutMs }, async ctx => {
        const reason = await each.run()
        if (reason !== undefined) ctx.skip(reason)
      })
    }
  })
}
