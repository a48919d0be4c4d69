import { crashCases } from './crash/crash-cases.js'
import type { CrashOptions } from './crash/world.js'
import { describeCases } from './register.js'

/**
 * Crash points as vitest tests: the process dies before and after every call, and is stopped at every batch (`kinds` names more that may
 * happen to it); each time the next run must leave what an undisturbed run leaves. Each test has two minutes.
 *
 * @example
 * describeCrashes('orders into a folder', {
 *   build: async () => {
 *     const path = await mkdtemp(join(tmpdir(), 'orders-'))
 *     return {
 *       open: ({ objects }) => partsOver(objects(folderStore(path))),
 *       read: () => readCsv(path),
 *       close: () => rm(path, { recursive: true }),
 *     }
 *   },
 * })
 */
export function describeCrashes<T, U = T>(name: string, options: CrashOptions<T, U>): void {
  describeCases(name, crashCases(options), 120_000)
}
