/**
 * A module that is imported at the first call. Later calls get the very same promise, which costs next to nothing; `import()` looks the module up
 * each time.
 */
export function loadedOnce<M>(load: () => Promise<M>): () => Promise<M> {
  let loading: Promise<M> | undefined
  return () => {
    loading ??= load().catch(error => {
      // The next call may find it.
      loading = undefined
      throw error
    })
    return loading
  }
}
