import type { MoveSuite, MoveWorld } from './move/suite.js'
import { moveCases } from './move-cases.js'
import { describeCases } from './register.js'

/**
 * The contract of a move between two places, as vitest tests: of this source and this sink together. Each test has two minutes.
 *
 * @example
 * describeMove('readings into a folder', {
 *   record: i => ({ id: i, moisture: i / 3 }),
 *   steps: flow => flow.validate(reading),
 *   async open() {
 *     const [db, path] = [await emptyDatabase(), await mkdtemp(join(tmpdir(), 'archive-'))]
 *     return {
 *       open: ({ objects }) => partsOver(db, objects(folderStore(path))),   // { source, sink, state }, once per process
 *       add: rows => db.insert('readings', rows),
 *       left: () => db.select('readings'),
 *       moved: () => readAllParquet(path),
 *       close: () => rm(path, { recursive: true }),
 *     }
 *   },
 * })
 */
export function describeMove<T, W extends MoveWorld<T>>(name: string, suite: MoveSuite<T, W>): void {
  describeCases(name, moveCases(suite), 120_000)
}
