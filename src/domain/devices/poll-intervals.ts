import { createBoundedMap } from '../../base/bounded-map.ts'

/** How far apart polls of a device must be. @see RFC 8628 §3.2 */
export const INTERVAL_SECONDS = 5
/** What a poll that is too early adds to the interval. @see RFC 8628 §3.5 */
const STEP_SECONDS = 5
const MAX_SECONDS = 600
/** One poll may take longer on its way than the next. */
const TOLERANCE_MS = 1000
const MAX_BYTES = 6_000_000
const ENTRY_BYTES = 250

/** When devices have polled last, in this process and in bounded memory. A device that is forgotten may poll at once. */
export interface PollIntervals {
  /**
   * Counts a poll.
   *
   * @param digest - of the device code.
   * @returns the interval that the device must keep from now on, in seconds, if it polls too early; or else undefined.
   */
  count(digest: string): number | undefined
}

/** @param clock - returns ms since 1970. */
export function createPollIntervals(clock: () => number): PollIntervals {
  const polls = createBoundedMap<{ at: number; seconds: number }>({ maxBytes: MAX_BYTES })
  return {
    count(digest) {
      const now = clock()
      const known = polls.get(digest)
      if (!known) {
        polls.set(digest, { at: now, seconds: INTERVAL_SECONDS }, { bytes: ENTRY_BYTES })
        return undefined
      }
      const waited = now - known.at
      known.at = now
      // A clock that was set back must not keep a device out.
      if (waited < 0 || waited >= known.seconds * 1000 - TOLERANCE_MS) return undefined
      known.seconds = Math.min(known.seconds + STEP_SECONDS, MAX_SECONDS)
      return known.seconds
    },
  }
}
