import type { createDeadline } from '../base/deadline.ts'
import type { Store } from './store.ts'

type Watch = NonNullable<Store['watch']>

// Core asks again at each verification that may be cached, so a store that cannot watch would be asked all the time.
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/**
 * Gives `watch`, and the functions that stop it, a deadline. After a failure, calls reject with the same error for a pause
 * that doubles each time.
 *
 * @param refused - returns the error to reject with, for its cause.
 */
export function guardedWatch(
  watch: Watch,
  withinDeadline: ReturnType<typeof createDeadline>,
  refused: (cause: unknown) => unknown,
): Watch {
  let pauseMs = FIRST_PAUSE_MS
  let failure: { readonly error: unknown; readonly until: number } | undefined

  return async (changed) => {
    if (failure && performance.now() < failure.until) throw failure.error
    let listening: ReturnType<Watch> | undefined
    try {
      const stop = await withinDeadline(() => {
        listening = watch(changed)
        return listening
      }, refused)
      failure = undefined
      pauseMs = FIRST_PAUSE_MS
      return () => withinDeadline(stop, refused)
    } catch (error) {
      failure = { error, until: performance.now() + pauseMs }
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      // It may still begin to listen after the deadline.
      listening?.then((stop) => stop()).catch(() => {})
      throw error
    }
  }
}
