/**
 * Orders names so that each comes after those it refers to; otherwise they stay in the order they are given.
 *
 * @param refersTo - By name. Names that are not among `names` are passed over.
 * @returns The order, or the names of a cycle, the first one again at its end.
 */
export function orderByReference(
  names: readonly string[],
  refersTo: (name: string) => readonly string[],
): { readonly order: readonly string[] } | { readonly cycle: readonly string[] } {
  const order: string[] = []
  const path: string[] = []
  const visit = (name: string): readonly string[] | undefined => {
    if (order.includes(name) || !names.includes(name)) return undefined
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    path.push(name)
    for (const other of refersTo(name)) {
      const cycle = visit(other)
      if (cycle) return cycle
    }
    path.pop()
    order.push(name)
    return undefined
  }
  for (const name of names) {
    const cycle = visit(name)
    if (cycle) return { cycle }
  }
  return { order }
}
