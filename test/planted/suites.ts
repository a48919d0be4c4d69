import type { ContractCase } from '@millrace/etl-testkit/cases'

/** What a module of `worlds` exports: contract suites over parts that stand in this repository, by name. */
export type Suites = Readonly<Record<string, () => readonly ContractCase[]>>

/** How one case of a suite ended. */
export interface CaseResult {
  readonly suite: string
  readonly name: string
  readonly outcome: 'held' | 'failed' | 'skipped'
  readonly message?: string
}

/** A case that takes longer hangs, and has failed. */
const limitMs = 30_000

/** By suite: the cases to run, each as the beginning of its name. `''` is all of them. */
export type Wanted = Readonly<Record<string, readonly string[]>>

/** Runs cases one after the other, in a process of its own, and prints how each ended. */
export async function printResults(suites: Suites, wanted: Wanted): Promise<void> {
  // What a bug leaves behind, such as a promise that nobody awaits, must not end the process before its cases are run.
  process.on('unhandledRejection', () => undefined)
  process.on('uncaughtException', () => undefined)
  const results: CaseResult[] = []
  for (const [suite, make] of Object.entries(suites)) {
    const begins = wanted[suite]
    if (!begins) continue
    for (const each of make()) if (begins.some(begin => each.name.startsWith(begin))) results.push(await resultOf(suite, each))
  }
  process.stdout.write(JSON.stringify(results), () => process.exit(0))
}

async function resultOf(suite: string, { name, skip, run }: ContractCase): Promise<CaseResult> {
  if (skip !== undefined) return { suite, name, outcome: 'skipped' }
  try {
    const ruledOut = await Promise.race([run(), tooLong()])
    return { suite, name, outcome: ruledOut === undefined ? 'held' : 'skipped' }
  } catch (error) {
    return { suite, name, outcome: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

const tooLong = () =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`it did not end within ${limitMs / 1000} seconds`)), limitMs).unref()
  })
