/** A call with a deadline, between those that end before and after it. */
class Pending<Result> {
  readonly endsAt: number
  before: Pending<never> | undefined
  after: Pending<never> | undefined
  /** Undefined once it is settled. */
  resolve: ((result: Result) => void) | undefined
  readonly reject: (error: unknown) => void
  readonly refused: (cause: unknown) => unknown

  constructor(
    endsAt: number,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
    refused: (cause: unknown) => unknown,
  ) {
    this.endsAt = endsAt
    this.before = undefined
    this.after = undefined
    this.resolve = resolve
    this.reject = reject
    this.refused = refused
  }
}

/**
 * Gives every call the same time to settle. All pending calls share one timer, because a timer for each would cost more than most
 * calls.
 *
 * @param ended - is called once for each call when it settles or is too late, with the `performance.now()` at which it began.
 * @returns a function that makes a call and resolves to its result. If the call rejects or does not settle in time, the function
 *   rejects with the result of `refused`, which is called once.
 */
export function createDeadline(
  timeoutMs: number,
  ended?: (startedAt: number) => void,
): <Result>(call: () => Promise<Result>, refused: (cause: unknown) => unknown) => Promise<Result> {
  // In the order in which they end, because all have the same time. A call leaves a linked list without a search or a hash.
  let first: Pending<never> | undefined
  let last: Pending<never> | undefined
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    const now = performance.now()
    timer = undefined
    while (first) {
      if (first.endsAt > now) return arm(first.endsAt - now)
      fail(first, new Error(`no response within ${timeoutMs} ms`))
    }
  }
  const arm = (ms: number) => {
    timer = setTimeout(look, Math.ceil(ms))
  }
  const add = (call: Pending<never>) => {
    call.before = last
    if (last) last.after = call
    else first = call
    last = call
    if (!timer) arm(timeoutMs)
    else if (first === call) timer.ref()
  }
  /** The timer must not keep the process alive once all calls have settled. */
  const leave = (call: Pending<never>) => {
    const { before, after } = call
    if (before) before.after = after
    else first = after
    if (after) after.before = before
    else last = before
    call.resolve = undefined
    call.before = undefined
    call.after = undefined
    if (!first) timer?.unref()
    ended?.(call.endsAt - timeoutMs)
  }
  const fail = (call: Pending<never>, cause: unknown) => {
    if (!call.resolve) return
    leave(call)
    call.reject(call.refused(cause))
  }

  return <Result>(call: () => Promise<Result>, refused: (cause: unknown) => unknown) =>
    new Promise<Result>((resolve, reject) => {
      const mine = new Pending<Result>(performance.now() + timeoutMs, resolve, reject, refused)
      add(mine as Pending<never>)
      try {
        call().then(
          (result) => {
            const { resolve } = mine
            if (!resolve) return
            leave(mine as Pending<never>)
            resolve(result)
          },
          (cause) => fail(mine as Pending<never>, cause),
        )
      } catch (error) {
        fail(mine as Pending<never>, error)
      }
    })
}
