/** How long an answer may take to be sent before the process ends, in milliseconds. */
const answerMs = 100

/** The end of an execution environment, which is a process: one for all handlers in it. */
export interface Shutdown {
  /**
   * The process ends when no such work is left. Each has a signal of its own, which aborts when the environment is told to end: an invocation
   * that is killed takes its listeners off nothing, and on one shared signal they would add up.
   */
  during<V>(work: (signal: AbortSignal) => Promise<V>): Promise<V>
}

let listening: Shutdown | undefined

/**
 * Listens for the end of the execution environment, so that runs flush what they have. Lambda gives them a moment, and tells so only where an
 * extension is registered.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown (read 2026-11)
 */
export function shutdown(): Shutdown {
  listening ??= listen()
  return listening
}

function listen(): Shutdown {
  const ongoing = new Set<AbortController>()
  let ending: Error | undefined
  const endWhenIdle = () => {
    if (ongoing.size === 0) setTimeout(() => process.exit(128 + 15), answerMs).unref()
  }
  process.once('SIGTERM', () => {
    ending = new Error('The execution environment is being shut down.')
    for (const each of ongoing) each.abort(ending)
    endWhenIdle()
  })
  return {
    async during(work) {
      const own = new AbortController()
      if (ending) own.abort(ending)
      ongoing.add(own)
      try {
        return await work(own.signal)
      } finally {
        ongoing.delete(own)
        if (ending) endWhenIdle()
      }
    },
  }
}
