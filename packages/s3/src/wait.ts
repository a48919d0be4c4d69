import { setTimeout as sleep } from 'node:timers/promises'

/** The wait before another try: doubling from `firstMs`, half of it random, so that those who met once do not meet again. */
export async function backoff(attempt: number, firstMs: number, signal: AbortSignal | undefined): Promise<void> {
  const full = Math.min(5_000, firstMs * 2 ** (attempt - 1))
  try {
    await sleep(full / 2 + Math.random() * (full / 2), undefined, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
