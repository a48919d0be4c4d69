/** Lets so many in at once; the others wait in order. */
export interface Gate {
  enter(): Promise<void>
  leave(): void
}

/** A gate nobody has passed. */
export function gate(atOnce: number): Gate {
  let free = atOnce
  const waiting: (() => void)[] = []
  return {
    enter() {
      if (free === 0) return new Promise(resolve => waiting.push(resolve))
      free--
      return Promise.resolve()
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
}
