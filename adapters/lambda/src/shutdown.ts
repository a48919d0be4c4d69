/** How long an answer may take to be sent before the process ends, in milliseconds. */
const answerMs = 100

/** The end of an execution environment, which is a process: one for all handlers in it. */
export interface Shutdown {
  /** Aborts when it is told to end. */
  readonly signal: AbortSignal
  /** The process ends when no such work is left. */
  during<V>(work: Promise<V>): Promise<V>
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
  const ending = new AbortController()
  let busy = 0
  const endWhenIdle = () => {
    if (busy === 0) setTimeout(() => process.exit(128 + 15), answerMs).unref()
  }
  process.once('SIGTERM', () => {
    ending.abort(new Error('The execution environment is being shut down.'))
    endWhenIdle()
  })
  return {
    signal: ending.signal,
    async during(work) {
      busy++
      try {
        return await work
      } finally {
        busy--
        if (ending.signal.aborted) endWhenIdle()
      }
    },
  }
}
