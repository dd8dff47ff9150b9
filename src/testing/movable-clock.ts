/** A clock for the `clock` option that stands still until it is moved. */
export interface MovableClock {
  /** The time in ms since 1970. */
  (): number
  /**
   * Moves the clock forward.
   *
   * @throws TypeError if `ms` is negative or no integer: time does not go back.
   */
  advance(ms: number): void
}

/**
 * A clock that a test moves by hand. Stores go by the system's clock when they drop what has expired, so a test that needs
 * a record to be still there must not begin in the past.
 *
 * @param startMs - where it begins, in ms since 1970. Default is the system's time.
 * @example
 * ```ts
 * const clock = movableClock()
 * const grants = createAppGrant({ store: memoryStore(), clock })
 * clock.advance(3_600_000)
 * ```
 */
export function movableClock(startMs: number = Date.now()): MovableClock {
  let now = wholeMs('startMs', startMs)
  const advance = (ms: number) => {
    now += wholeMs('ms', ms)
  }
  return Object.assign(() => now, { advance })
}

function wholeMs(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new TypeError(`movableClock: ${name} must be an integer of at least 0, received ${value}`)
}
