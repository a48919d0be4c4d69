/**
 * Finds the rows a database refuses, by trying: DuckDB has no savepoints and undoes a whole transaction for one bad row, so each try is a
 * transaction that is undone.
 *
 * @param rows - How many there are, numbered from 0.
 * @param attempt - Tries all rows before `end` that are not in `without`; returns what the database said, or `undefined` if it took them.
 * It throws what has nothing to do with rows.
 */
export async function findRefused(
  rows: number,
  attempt: (end: number, without: ReadonlySet<number>) => Promise<unknown>,
): Promise<ReadonlyMap<number, unknown>> {
  const refused = new Map<number, unknown>()
  const without = new Set<number>()
  /** Rows before `from` that are not refused are known to be taken together. */
  const admit = async (from: number, end: number): Promise<void> => {
    const said = await attempt(end, without)
    if (said === undefined) return
    if (end - from === 1) {
      refused.set(from, said)
      without.add(from)
      return
    }
    const middle = (from + end) >> 1
    await admit(from, middle)
    await admit(middle, end)
  }
  if (rows > 0) await admit(0, rows)
  return refused
}

/** The condition for the rows that a try is about. */
export function rowsWhere(end: number, without: ReadonlySet<number>): string {
  return `seq < ${end}${without.size === 0 ? '' : ` AND seq NOT IN (${[...without].join(', ')})`}`
}
