import { createBoundedMap } from './bounded-map.ts'
import { ownText } from './own-text.ts'

/** Of a window and its place in the map, without its name. */
const WINDOW_BYTES = 250
/** About 20,000 names: what a flood of them can take. */
const MAX_BYTES = 6_000_000

/** Counts by name in windows of equal length, in this process and in bounded memory. */
export interface Windows {
  /**
   * Counts one.
   *
   * @param name - ASCII. A slice of a longer text is copied.
   * @returns the seconds until the window of the name ends if there are more than `max`, or else 0.
   */
  count(name: string, max: number): number
  /** Takes back one that was counted. */
  uncount(name: string): void
}

/** @param clock - returns ms since 1970. */
export function createWindows({
  clock,
  windowMs,
}: {
  readonly clock: () => number
  readonly windowMs: number
}): Windows {
  const windows = createBoundedMap<{ counted: number; readonly endsAt: number }>({ maxBytes: MAX_BYTES })
  return {
    count(text, max) {
      const now = clock()
      const known = windows.get(text)
      // A clock that was set back must not make a window endless.
      const isCurrent = known && known.endsAt > now && known.endsAt <= now + windowMs
      const window = isCurrent ? known : { counted: 0, endsAt: now + windowMs }
      if (window !== known) {
        const name = ownText(text)
        windows.set(name, window, { bytes: WINDOW_BYTES + name.length })
      }
      return ++window.counted > max ? Math.ceil((window.endsAt - now) / 1000) : 0
    },
    uncount(name) {
      const window = windows.get(name)
      if (window && window.counted > 0) window.counted--
    },
  }
}
