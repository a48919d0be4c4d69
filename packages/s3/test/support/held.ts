import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Tells how many of the objects it was shown somebody still holds. */
export function holders() {
  const seen: WeakRef<object>[] = []
  return {
    show<V extends object>(value: V): V {
      seen.push(new WeakRef(value))
      return value
    },
    get shown() {
      return seen.length
    },
    async held(): Promise<number> {
      // What was used in a turn is held by it.
      await new Promise(resolve => setImmediate(resolve))
      collectGarbage()
      return seen.filter(each => each.deref() !== undefined).length
    },
  }
}
