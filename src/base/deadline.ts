/** A call that has an end. */
interface Pending {
  readonly endsAt: number
  readonly fail: (cause: unknown) => void
}

/**
 * Gives every call the same time to settle. One timer serves all that are pending: a timer for each call would cost more than
 * most calls.
 *
 * @returns a function that makes a call and answers as it does; it rejects with what `refused` makes of the error, or of the call's
 *   not having settled in time. `refused` is asked once.
 */
export function createDeadline(
  timeoutMs: number,
): <Answer>(call: () => Promise<Answer>, refused: (cause: unknown) => unknown) => Promise<Answer> {
  // In the order of their ends, for all have the same time.
  const pending = new Set<Pending>()
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    const now = performance.now()
    timer = undefined
    for (const call of pending) {
      if (call.endsAt > now) return arm(call.endsAt - now)
      call.fail(new Error(`no answer within ${timeoutMs} ms`))
    }
  }
  const arm = (ms: number) => {
    timer = setTimeout(look, Math.ceil(ms))
  }
  const add = (call: Pending) => {
    pending.add(call)
    if (!timer) arm(timeoutMs)
    else if (pending.size === 1) timer.ref()
  }
  /** Whether the call was still waited for. The timer of calls that are done must not keep the process alive. */
  const settled = (call: Pending) => {
    const wasPending = pending.delete(call)
    if (pending.size === 0) timer?.unref()
    return wasPending
  }

  return (call, refused) =>
    new Promise((resolve, reject) => {
      const fail = (cause: unknown) => {
        if (settled(mine)) reject(refused(cause))
      }
      const mine: Pending = { endsAt: performance.now() + timeoutMs, fail }
      add(mine)
      try {
        call().then((answer) => {
          if (settled(mine)) resolve(answer)
        }, fail)
      } catch (error) {
        fail(error)
      }
    })
}
