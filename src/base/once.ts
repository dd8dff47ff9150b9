/** Runs `start` at the first call and remembers its promise. If that rejects, the next call runs it again. */
export function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined
  return () => {
    started ??= start().catch((error) => {
      started = undefined
      throw error
    })
    return started
  }
}
