import { AppGrantError } from '../base/errors.ts'

/** A code or a refresh token that gives nothing any more. */
export function gone(kind: 'ac' | 'rt'): AppGrantError {
  return kind === 'ac'
    ? new AppGrantError(
        'invalid_code',
        {},
        {
          message: 'the authorization code is not valid',
          hint: 'It is unknown, expired, used, of another app, redirect or verifier, or was ended by an act. Authorise again.',
        },
      )
    : new AppGrantError(
        'invalid_refresh_token',
        {},
        {
          message: 'the refresh token is not valid',
          hint: 'It is unknown, expired, used, of another app, or was ended by an act. Authorise again.',
        },
      )
}
