import { AppGrantError } from '../../base/errors.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { because } from '../refusals.ts'

/** The error for a code or refresh token that is not, or no longer, valid. Only the event `refused` says why. */
export function invalidGrant(kind: 'ac' | 'rt', reason: RefusalReason<'invalid_refresh_token'>): AppGrantError {
  return kind === 'ac' ? invalidCode(reason) : because(invalidRefreshToken(), reason)
}

/** The error for a code. */
export function invalidCode(reason: RefusalReason<'invalid_code'>): AppGrantError {
  return because(
    new AppGrantError('invalid_code', {
      message: 'the authorization code is not valid',
      hint: 'It is unknown, expired, used or revoked, or belongs to another app, redirect URL or verifier. Authorise again.',
    }),
    reason,
  )
}

function invalidRefreshToken(): AppGrantError<'invalid_refresh_token'> {
  return new AppGrantError('invalid_refresh_token', {
    message: 'the refresh token is not valid',
    hint: 'It is unknown, expired, used or revoked, or belongs to another app. Authorise again.',
  })
}
