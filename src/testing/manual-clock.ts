import { invalidOption } from '../base/errors.ts'

/** A clock for the `clock` option that moves only when a test advances it. */
export interface ManualClock {
  /** The time in ms since 1970. */
  (): number
  /**
   * Moves the clock forward.
   *
   * @throws TypeError if `ms` is negative or not an integer.
   */
  advance(ms: number): void
}

/**
 * A clock that a test moves by hand. Stores use the system clock to drop expired records, so a test whose records must
 * still exist must not start in the past.
 *
 * @param startMs - the start time, in ms since 1970. Default is the system time.
 * @example
 * ```ts
 * const clock = manualClock()
 * const appgrant = createAppGrant({ store: memoryStore(), clock })
 * clock.advance(3_600_000)
 * ```
 */
export function manualClock(startMs: number = Date.now()): ManualClock {
  let now = wholeMs('startMs', startMs)
  const advance = (ms: number) => {
    now += wholeMs('ms', ms)
  }
  return Object.assign(() => now, { advance })
}

function wholeMs(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw invalidOption('manualClock', name, 'an integer of at least 0', value)
}
