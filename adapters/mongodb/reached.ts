/** How long a write waits until a server is reached: less than core's default deadline. */
export const PATIENCE_MS = 700

/**
 * Until a server has responded once, the driver queues commands for as long as it looks for one, 30 s by default. The
 * returned function resolves once `ask` has been answered, and rejects if that takes longer than {@link PATIENCE_MS}
 * counted from when it was asked: then nothing was sent, and nothing remains queued that writes.
 */
export function onceReached(ask: () => Promise<unknown>): () => Promise<void> {
  let isReached = false
  let asking: { readonly since: number; readonly answered: Promise<void> } | undefined

  const begin = () => {
    const answered = ask().then(() => {
      isReached = true
    })
    const done = () => {
      asking = undefined
    }
    answered.then(done, done)
    return { since: performance.now(), answered }
  }
  return async () => {
    if (isReached) return
    asking ??= begin()
    const left = asking.since + PATIENCE_MS - performance.now()
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('not connected to MongoDB')), Math.max(left, 0))
    })
    try {
      await Promise.race([asking.answered, enough])
    } finally {
      clearTimeout(timer)
    }
  }
}
