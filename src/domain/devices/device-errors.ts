import { AppGrantError } from '../../base/errors.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { because } from '../refusals.ts'

/** The error for a user code that an account has entered. @param reason - absent if it was mistyped. */
export function invalidUserCode(reason?: RefusalReason<'invalid_user_code'>): AppGrantError {
  const error = new AppGrantError('invalid_user_code', {
    message: 'the user code is not valid',
    hint: 'It has 8 letters without vowels. It may have been entered by another account or login, decided about, or shown by two devices, or it has expired: get a new one on the device.',
  })
  return reason === undefined ? error : because(error, reason)
}

/** The error for a device code. Only the event `refused` says why. */
export function invalidDeviceCode(reason: RefusalReason<'invalid_device_code'>): AppGrantError {
  return because(
    new AppGrantError('invalid_device_code', {
      message: 'the device code is not valid',
      hint: 'It is unknown, used or revoked, or belongs to another app. Request a new one.',
    }),
    reason,
  )
}

export function expiredDeviceCode(): AppGrantError {
  return new AppGrantError('expired_device_code', {
    message: 'the device code has expired',
    hint: 'Request a new one, and show its user code.',
  })
}

export function authorizationPending(): AppGrantError {
  return new AppGrantError('authorization_pending', {
    message: 'the user has not decided yet',
    hint: 'Try again after the interval. Nothing was used up.',
  })
}

/** The account has denied, or two devices have shown the same user code. */
export function accessDenied(): AppGrantError {
  return new AppGrantError('access_denied', {
    message: 'the request of the device was denied',
    hint: 'Request a new device code if the user wants to start again.',
  })
}

export function slowDown(retryAfterSeconds: number): AppGrantError {
  return new AppGrantError('slow_down', {
    message: `polls must be at least ${retryAfterSeconds} seconds apart from now on`,
    hint: 'Nothing was looked up. The interval grows by 5 seconds with every poll that is too early.',
    details: { retryAfterSeconds },
  })
}
