import { AppGrantError } from '../../base/errors.ts'

/** The error for a code or refresh token that is not, or no longer, valid. */
export function invalidGrant(kind: 'ac' | 'rt'): AppGrantError {
  return kind === 'ac'
    ? new AppGrantError(
        'invalid_code',
        {},
        {
          message: 'the authorization code is not valid',
          hint: 'It is unknown, expired, used or revoked, or belongs to another app, redirect URL or verifier. Authorise again.',
        },
      )
    : new AppGrantError(
        'invalid_refresh_token',
        {},
        {
          message: 'the refresh token is not valid',
          hint: 'It is unknown, expired, used or revoked, or belongs to another app. Authorise again.',
        },
      )
}
