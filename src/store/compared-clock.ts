import { clockSkew, MAX_CLOCK_DIFFERENCE_MS } from '../base/clock-difference.ts'
import type { AppGrantError } from '../base/errors.ts'
import type { Store } from './store.ts'

/** A clock does not drift much in this time. A clock that jumps is compared at once. */
const COMPARED_EVERY_MS = 60_000
/** While the clocks differ, so that a corrected clock is noticed soon. */
const COMPARED_AGAIN_MS = 1000
/** How far the clock may move away from the steady clock before it is compared again. */
const JUMP_MS = MAX_CLOCK_DIFFERENCE_MS / 10

/** The process's clock, compared with that of the store's server. */
export interface ComparedClock {
  /** The store. A call waits while the clocks have not been compared, at first use or after a jump. */
  readonly store: Store
  /** Returns the time in ms since 1970. @throws {@link AppGrantError} `clock_skew` if the clocks differ by more than a second. */
  readonly now: () => number
  /** The time of the store's server, in whole ms, as far as it is known. Never throws: what revokes does not wait for a clock to be corrected. */
  readonly storeTime: () => number
  /** Compares the clocks, if the store has one. Rejects like `now`. */
  compare(): Promise<void>
}

/**
 * Compares a clock with that of the store's server: at first use, then every minute, and when the clock jumps. A server that does
 * not tell its time is no reason to refuse anything, and no reason to trust a clock that was found to be wrong.
 *
 * @param parts - `differs` is called each time that the clocks are found to differ too much.
 */
export function comparedClock(
  store: Store,
  {
    clock,
    steadyClock,
    differs,
  }: {
    readonly clock: () => number
    readonly steadyClock: () => number
    readonly differs: (error: AppGrantError) => void
  },
): ComparedClock {
  const { time } = store
  if (!time) return { store, now: clock, storeTime: clock, compare: async () => {} }

  let dueAt = Number.NEGATIVE_INFINITY
  let offset = Number.NaN
  /** How far the clock is at least ahead of the server's; negative if it is behind. */
  let aheadMs = 0
  let comparing: Promise<void> | undefined

  const compare = () => {
    comparing ??= ask().finally(() => {
      comparing = undefined
    })
    return comparing
  }
  const ask = async () => {
    const sent = clock()
    const serverTime = await time().catch(() => undefined)
    const received = clock()
    if (serverTime !== undefined) aheadMs = Math.max(sent - serverTime, 0) + Math.min(received - serverTime, 0)
    // What was found before still holds, unless the clock has been set since.
    else if (hasJumped()) aheadMs = 0
    offset = received - steadyClock()
    dueAt = steadyClock() + (differ() ? COMPARED_AGAIN_MS : COMPARED_EVERY_MS)
    if (serverTime !== undefined && differ()) differs(skew())
  }
  /** Also true if they were never compared. */
  const hasJumped = () => !(Math.abs(clock() - steadyClock() - offset) < JUMP_MS)
  const differ = () => Math.abs(aheadMs) > MAX_CLOCK_DIFFERENCE_MS
  const skew = () => clockSkew("the store's", Math.abs(aheadMs))
  /** Undefined if nothing needs to wait. */
  const compared = () => {
    if (hasJumped()) return compare()
    if (steadyClock() >= dueAt) void compare()
    return undefined
  }
  const after = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> => {
      const waiting = compared()
      return waiting ? waiting.then(() => call(...args)) : call(...args)
    }
  }

  return {
    store: {
      ...store,
      get: after(store.get),
      insert: after(store.insert),
      replace: after(store.replace),
      list: after(store.list),
      count: after(store.count),
    },
    now() {
      if (differ()) throw skew()
      return clock()
    },
    // A server tells parts of a millisecond, and positions are integers.
    storeTime: () => Math.floor(clock() - aheadMs),
    async compare() {
      await compare()
      if (differ()) throw skew()
    },
  }
}
