import { AppGrantError } from '../../base/errors.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { because } from '../refusals.ts'

/** The error for the ticket of a consent request. Only the event `refused` says why. */
export function invalidTicket(reason: RefusalReason<'invalid_ticket'>): AppGrantError {
  return because(
    new AppGrantError('invalid_ticket', {
      message: 'this consent request is no longer valid',
      hint: 'The ticket is unknown, expired or used, or belongs to another account or login. The app must start over.',
    }),
    reason,
  )
}
