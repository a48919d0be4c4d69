/** What a database said to rows it refused, by their number among those that were tried. */
export type Refused = ReadonlyMap<number, unknown>

/**
 * Finds the rows a database refuses by halving, where each try is a transaction that is undone.
 *
 * Rows that were let pass are part of every later try: those that are not refused are known to be taken together.
 *
 * @param rows - How many there are, numbered from 0.
 * @param attempt - Tries all rows before `end` that are not in `without`; returns what the database said, or `undefined` if it took them.
 * It throws what has nothing to do with rows.
 */
export async function findRefused(
  rows: number,
  attempt: (end: number, without: ReadonlySet<number>) => Promise<unknown>,
): Promise<Refused> {
  const refused = new Map<number, unknown>()
  const without = new Set<number>()
  /** Rows before `from` that are not refused are known to be taken together. */
  const search = async (from: number, end: number): Promise<void> => {
    const said = await attempt(end, without)
    if (said === undefined) return
    if (end - from === 1) {
      refused.set(from, said)
      without.add(from)
      return
    }
    const middle = (from + end) >> 1
    await search(from, middle)
    await search(middle, end)
  }
  if (rows > 0) await search(0, rows)
  return refused
}
