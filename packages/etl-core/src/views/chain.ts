import type { Step, StepRows, StepRun } from '../steps/step.js'
import { type Column, inObjectOrder, type LateColumns, mostViewedColumns } from './late-columns.js'
import { emptyBlock, leftOf, type OpenBlock, recordsIn } from './open-block.js'

/** A step as it works on the rows of a block, without making records. */
export interface ViewStep {
  /** The fields behind it. */
  readonly columns: readonly Column[]
  /**
   * Goes over the rows of the block, and leaves those that go on. Absent: it is about columns only. A number: it can go no further than
   * before the row at this index; those it let pass stand first, the others are where they were.
   */
  run?(block: OpenBlock, run: StepRun, stage: string): number | undefined
}

/** What a step may ask for to work on views. */
export interface ViewContext {
  readonly block: OpenBlock
  /** Room for values that it makes: the column to name them by. */
  newSlot(): number
}

/** How far steps went on views. */
export interface Chained {
  /** So many steps are done. */
  readonly done: number
  /** What is left, if the last one got through. */
  readonly late?: LateColumns
  /** Else what it let pass as records, and those that are still before it. */
  readonly passed?: StepRows
  readonly before?: StepRows
}

interface Chain {
  readonly names: readonly string[]
  readonly run: (late: LateColumns, run: StepRun) => Chained
}

const chains = new WeakMap<readonly Step[], Chain>()

/** Runs as many steps as can be on views of a table's rows, from the first one on. `undefined`: there is none. */
export function runOnViews(steps: readonly Step[], late: LateColumns, run: StepRun): Chained | undefined {
  if (steps[0]?.onViews === undefined || late.columns.length > mostViewedColumns) return undefined
  const { names } = late.table
  let chain = chains.get(steps)
  if (!chain || !isSame(chain.names, names)) {
    chain = { names, run: chainOf(steps, late.columns) }
    chains.set(steps, chain)
  }
  return chain.run(late, run)
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a === b || (a.length === b.length && a.every((name, index) => name === b[index]))

function chainOf(steps: readonly Step[], first: readonly Column[]): Chain['run'] {
  const block = emptyBlock()
  let slots = 0
  const context: ViewContext = { block, newSlot: () => -1 - slots++ }
  const links: { readonly step: ViewStep; readonly stage: string; readonly before: readonly Column[] }[] = []
  let columns = first
  for (const [index, step] of steps.entries()) {
    const made = step.onViews?.(columns, context)
    if (!made) break
    const ordered = { ...made, columns: inObjectOrder(made.columns) }
    links.push({ step: ordered, stage: `${index + 1} ${step.name}`, before: columns })
    columns = ordered.columns
  }
  return (late, run) => {
    block.table = late.table
    // Of its own: steps move what is left to the front.
    block.rows = late.rows.slice()
    block.count = late.rows.length
    block.slots = Array.from({ length: slots }, () => new Array(late.table.length))
    for (const [index, { step, stage, before }] of links.entries()) {
      const all = block.count
      const stoppedAt = step.run?.(block, run, stage)
      if (stoppedAt === undefined) continue
      const rest = block.rows.slice(stoppedAt, all)
      return {
        done: index,
        passed: recordsOf(block, step.columns),
        before: recordsOf({ ...block, rows: rest, count: rest.length }, before),
      }
    }
    return { done: links.length, late: leftOf(block, columns) }
  }
}

function recordsOf(block: OpenBlock, columns: readonly Column[]): StepRows {
  const make = recordsIn(columns)
  const origin = Array.from(block.rows.subarray(0, block.count))
  return { rows: origin.map(row => make(block, row)), origin }
}
