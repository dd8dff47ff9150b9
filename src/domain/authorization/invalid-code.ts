import { AppGrantError } from '../../base/errors.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { because } from '../refusals.ts'

/** The error for a code. Only the event `refused` says why. */
export function invalidCode(reason: RefusalReason<'invalid_code'>): AppGrantError {
  return because(
    new AppGrantError('invalid_code', {
      message: 'the code is not valid',
      hint: 'It is unknown, expired, used or revoked, or belongs to another app, redirect URL or verifier. Start again in the browser.',
    }),
    reason,
  )
}
