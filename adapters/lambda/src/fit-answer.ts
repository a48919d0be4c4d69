import type { RunReport } from '@millrace/etl-core'

/** Lambda takes answers of up to 6 MB, one in front of a state machine 256 KiB: its payload. */
export const mostAnswerBytes = 6_000_000

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/**
 * A report that an answer has room for: without its splits, then without samples and objects, then without its groups. What was left out is
 * said in its notes. The whole report of a load with tens of thousands of splits has no room.
 */
export function fitted<R extends RunReport>(report: R, mostBytes: number): R {
  if (bytesOf(report) <= mostBytes) return report
  const told = (what: string) => [...report.notes, `The answer has no room for ${what} of this report.`]
  const noSplits = { ...report, splits: [], notes: told(`the ${report.splits.length} splits`) }
  if (bytesOf(noSplits) <= mostBytes) return noSplits
  const lean = {
    ...noSplits,
    groups: report.groups.map(({ objects: _, ...group }) => group),
    rejects: { ...report.rejects, samples: [] },
    notes: told(`the ${report.splits.length} splits, the objects and the samples of rejects`),
  }
  if (bytesOf(lean) <= mostBytes) return lean
  const { next: _, ...bare } = lean
  return {
    ...bare,
    groups: [],
    rejects: { byReason: {}, samples: [] },
    notes: [`The answer has no room for the ${report.groups.length} groups and ${report.splits.length} splits of this report.`],
  } as unknown as R
}
