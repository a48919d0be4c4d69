import { memoryState } from '@millrace/etl-core'
import { type MoveKind, type MoveSuite, memorySink, memoryTable, moveCases } from '@millrace/etl-testkit/cases'
import type { Suites } from '../suites.js'

interface Row {
  readonly id: number
  readonly text: string
}

/** Rows of a table in memory into memory: what they find, they find in the runner. */
const moving = (kinds: readonly MoveKind[]): MoveSuite<Row> => ({
  record: id => ({ id, text: `row ${id}` }),
  kinds,
  open() {
    const source = memoryTable<Row>({ key: ['id'] })
    const sink = memorySink<Row>({ publishes: true })
    const state = memoryState()
    return { open: () => ({ source, sink, state }), add: source.add, left: source.rows, moved: () => sink.visible() }
  },
})

/** Moves from one place to another. */
export const suites: Suites = {
  'a move': () => moveCases(moving([])),
  'a move that dies': () => moveCases(moving(['crash'])),
}
