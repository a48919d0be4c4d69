/** How long an answer may take to be sent before the process ends, in milliseconds. */
const answerMs = 100

/**
 * A signal that aborts when the execution environment is shut down, so that runs flush what they have. Lambda gives it a moment, and tells
 * so only where an extension is registered.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown (read 2026-11)
 */
export function shutdownSignal(): { readonly signal: AbortSignal; during<V>(work: Promise<V>): Promise<V> } {
  const shutdown = new AbortController()
  let busy = 0
  const endWhenIdle = () => {
    if (busy === 0) setTimeout(() => process.exit(128 + 15), answerMs).unref()
  }
  process.once('SIGTERM', () => {
    shutdown.abort(new Error('The execution environment is being shut down.'))
    endWhenIdle()
  })
  return {
    signal: shutdown.signal,
    async during(work) {
      busy++
      try {
        return await work
      } finally {
        busy--
        if (shutdown.signal.aborted) endWhenIdle()
      }
    },
  }
}
