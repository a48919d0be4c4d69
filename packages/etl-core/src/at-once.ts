import pLimit from 'p-limit'

/** Requests to one place that are on their way together: enough to hide the way there, few enough for every server. */
export const requestsAtOnce = 16

/**
 * Does the same for each item, up to {@link requestsAtOnce} at a time. Results are in the order of the items. After a failure nothing more
 * is begun; what was begun ends before this throws, and of several failures the first one by order is thrown: the one that going through
 * the items one by one would have met.
 */
export async function atOnce<V, R>(items: Iterable<V>, act: (item: V) => Promise<R>): Promise<R[]> {
  const limit = pLimit(requestsAtOnce)
  let failed = false
  const all = [...items].map(item =>
    limit(async () => {
      if (failed) return undefined as never
      try {
        return await act(item)
      } catch (error) {
        failed = true
        throw error
      }
    }),
  )
  const ended = await Promise.allSettled(all)
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  return ended.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}
