import { orAborted } from '@millrace/etl-core'

/** Lets one in at a time, in the order they came. */
export interface Turns {
  /** Waits for its turn. The function it gives ends it. @throws the signal's reason if that aborts first. */
  take(signal?: AbortSignal): Promise<() => void>
}

/** A row of waiting callers. */
export function turns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return {
    async take(signal) {
      signal?.throwIfAborted()
      const before = last
      let end: () => void = () => {}
      const mine = new Promise<void>(resolve => {
        end = resolve
      })
      // Who gives up while waiting lets those behind wait on for those before.
      last = before.then(() => mine)
      await orAborted(before, signal).catch(error => {
        end()
        throw error
      })
      return end
    },
  }
}
