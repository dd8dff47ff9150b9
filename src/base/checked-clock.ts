import { AppGrantError } from './errors.ts'
import { type Emitter, timeOf } from './events.ts'

/**
 * The host's clock, whose failures are outages: compared with NaN, nothing has expired.
 *
 * @throws {@link AppGrantError} `clock_unavailable` if it throws or returns anything but a time.
 */
export function checkedClock(clock: () => number, events: Emitter): () => number {
  return () => {
    const now = timeOf(clock)
    if (typeof now === 'number') return now
    const code = 'clock_unavailable'
    events.emit('outage', {}, { code, operation: 'clock', cause: now })
    throw new AppGrantError(code, {
      message: 'the service is temporarily unavailable',
      hint: 'The option `clock` must return the time in ms since 1970. Nothing was decided. See the cause.',
      cause: now,
    })
  }
}
