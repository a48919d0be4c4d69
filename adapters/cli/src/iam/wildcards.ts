/**
 * Whether a text with wildcards, as policies have them, stands for everything that another one stands for: `a/*` for `a/*.csv`. `*` is any
 * text, `?` one character, and `${*}` that character itself. Where it cannot tell, it says no.
 */
export function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true
  const [pieces, others] = [piecesOf(wide), piecesOf(narrow)]
  return matches(pieces, others)
}

/** A character, or a wildcard. */
type Piece = { readonly char: string } | { readonly any: '*' | '?' }

function piecesOf(text: string): readonly Piece[] {
  return [...text.matchAll(/\$\{([*?$])\}|([\s\S])/gu)].map(([, escaped, plain]) => {
    if (escaped !== undefined) return { char: escaped }
    return plain === '*' || plain === '?' ? { any: plain } : { char: plain as string }
  })
}

/** By how far each has come: what the other's wildcard stands for only a `*` can take. */
function matches(wide: readonly Piece[], narrow: readonly Piece[]): boolean {
  let reached = new Set([0])
  const withStars = (at: Set<number>) => {
    for (const each of at) for (let next = each; isAny(wide[next], '*'); ) at.add(++next)
    return at
  }
  reached = withStars(reached)
  for (const piece of narrow) {
    const next = new Set<number>()
    for (const at of reached) {
      const own = wide[at]
      if (own === undefined) continue
      if (isAny(own, '*')) next.add(at)
      else if (takes(own, piece)) next.add(at + 1)
    }
    // A star has been added behind itself already, so it stays where it is.
    reached = withStars(next)
  }
  return reached.has(wide.length)
}

const isAny = (piece: Piece | undefined, which: '*' | '?'): boolean =>
  piece !== undefined && 'any' in piece && piece.any === which

function takes(own: Piece, other: Piece): boolean {
  if (isAny(own, '?')) return !isAny(other, '*')
  return 'char' in own && 'char' in other && own.char === other.char
}
