/** A comparison of one column with one value of a key, by its position in the key. */
export interface KeyComparison {
  readonly column: number
  readonly is: '=' | '>' | '<'
}

/**
 * "The key comes after this one" as alternatives of comparisons, for databases that do not compare rows:
 * `a > 1`, or `a = 1` and `b > 2`, and so on.
 *
 * @param columns - How many columns the key has.
 * @param is - `>` for keys behind, `<` for keys before.
 */
export function keyAlternatives(columns: number, is: '>' | '<' = '>'): readonly (readonly KeyComparison[])[] {
  return Array.from({ length: columns }, (_, last) =>
    Array.from({ length: last + 1 }, (_, column): KeyComparison => ({ column, is: column === last ? is : '=' })),
  )
}
