/** The known word closest to what was typed, if it is close enough to be a slip. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined
  for (const word of known) {
    const distance = distanceBetween(typed.toLowerCase(), word.toLowerCase())
    if (distance <= Math.max(1, Math.floor(Math.max(typed.length, word.length) * 0.34)) && (!best || distance < best.distance)) {
      best = { word, distance }
    }
  }
  return best?.word
}

/** ` Did you mean "x"?` or nothing, to be put behind a message. */
export function didYouMean(typed: string, known: Iterable<string>, show = (word: string) => `"${word}"`): string {
  const word = nearest(typed, known)
  return word === undefined ? '' : ` Did you mean ${show(word)}?`
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function distanceBetween(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
