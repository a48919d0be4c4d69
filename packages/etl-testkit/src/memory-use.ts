import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Runs the garbage collector, so that what is counted afterwards is really held. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/** Bytes held outside the JavaScript heap, in buffers, once garbage is gone. */
export function heldBufferBytes(): number {
  // Buffers are swept beside the program; a second collection waits for the sweeping of the first.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** Objects that were shown, and how many of them somebody still holds. */
export interface Holders {
  /** Looks at an object without holding it, and gives it back. */
  show<V extends object>(value: V): V
  /** How many were shown. */
  readonly shown: number
  /** Collects garbage and counts those that are left. Wait for it in a turn of its own: what was used in a turn is held by it. */
  held(): Promise<number>
}

/**
 * Tells whether a source or sink lets go of what has passed through it: for tests of memory that must not grow with the input.
 *
 * @example
 * const { show, held } = holders()
 * for (const record of records) await writer.write(batchOf([show(record)]))
 * assert.ok((await held()) < 10)
 */
export function holders(): Holders {
  const seen: WeakRef<object>[] = []
  return {
    show(value) {
      seen.push(new WeakRef(value))
      return value
    },
    get shown() {
      return seen.length
    },
    async held() {
      await new Promise(resolve => setImmediate(resolve))
      collectGarbage()
      return seen.filter(each => each.deref() !== undefined).length
    },
  }
}
