/** Waits, or returns at once when the signal aborts. Never throws: the caller looks at the signal. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

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
      if (signal === undefined) await before
      else await orAborted(before, signal, end)
      return end
    },
  }
}

async function orAborted(before: Promise<void>, signal: AbortSignal, giveUp: () => void): Promise<void> {
  let stop: () => void = () => {}
  const stopped = new Promise<void>(resolve => {
    stop = resolve
  })
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([before, stopped])
  signal.removeEventListener('abort', stop)
  if (!signal.aborted) return
  giveUp()
  signal.throwIfAborted()
}
