import { AppGrantError } from './errors.ts'
import type { Emitter } from './events.ts'

/** How far apart the clocks of two nodes may be, in ms. */
export const MAX_CLOCK_DIFFERENCE_MS = 1000

/** The error for a decision that depends on the time, of which two clocks say something different. */
export function clockSkew(than: string, differenceMs: number): AppGrantError<'clock_skew'> {
  return new AppGrantError('clock_skew', {
    message: 'the service is temporarily unavailable',
    hint: `The clock of this machine differs from ${than} by at least ${Math.ceil(differenceMs)} ms, and may differ by ${MAX_CLOCK_DIFFERENCE_MS}. Synchronize the clocks of all nodes and of the store's servers. Nothing was decided.`,
  })
}

/** Reports that a record was written in the future. @returns the error to throw. */
export function futureRecord(operation: string, differenceMs: number, events: Pick<Emitter, 'emit'>): AppGrantError {
  const cause = clockSkew('that of the node that wrote a record', differenceMs)
  events.emit('outage', {}, { code: 'clock_skew', operation, cause })
  return cause
}
