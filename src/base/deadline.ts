/** A call that has an end. */
interface Pending {
  readonly endsAt: number
  readonly giveUp: () => void
}

/**
 * Gives every promise the same time to settle. One timer serves all that are pending: a timer for each call would cost more
 * than most calls.
 *
 * @returns a function that rejects where the promise it is given has not settled in time.
 */
export function createDeadline(timeoutMs: number): <Answer>(call: Promise<Answer>) => Promise<Answer> {
  // In the order of their ends, for all have the same time.
  const pending = new Set<Pending>()
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    const now = performance.now()
    timer = undefined
    for (const call of pending) {
      if (call.endsAt > now) return arm(call.endsAt - now)
      pending.delete(call)
      call.giveUp()
    }
  }
  const arm = (ms: number) => {
    timer = setTimeout(look, Math.ceil(ms))
  }

  return (call) =>
    new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error(`no answer within ${timeoutMs} ms`))
      const mine: Pending = { endsAt: performance.now() + timeoutMs, giveUp }
      pending.add(mine)
      if (timer) timer.ref()
      else arm(timeoutMs)
      // The timer of calls that are done must not keep the process alive.
      const settled = () => {
        pending.delete(mine)
        if (pending.size === 0) timer?.unref()
      }
      call.then(
        (answer) => {
          settled()
          resolve(answer)
        },
        (error) => {
          settled()
          reject(error)
        },
      )
    })
}
