import { AppGrantError } from '../base/errors.ts'
import { accountError } from './accounts.ts'

/** The refusals of the registry: what went wrong, and what to do. */

export function appNotFound(): AppGrantError {
  return new AppGrantError(
    'app_not_found',
    {},
    {
      message: 'no such app',
      hint: 'The key is unknown, the app was removed, or it belongs to an account that the caller is not and is not above.',
    },
  )
}

export function limitReached(owner: string, limit: number): AppGrantError {
  return new AppGrantError(
    'app_limit_reached',
    { owner, limit },
    {
      message: `the account has reached its limit of ${limit} apps`,
      hint: 'Remove an app of this account, or raise the option appsPerOwner. Suspended apps count.',
    },
  )
}

export function mayNotRegister(): AppGrantError {
  return accountError(
    'not_permitted',
    'The directory refuses mayRegisterApps for the acting account or one above it, or for this API type.',
  )
}

export function mayNotTrust(): AppGrantError {
  return accountError('not_permitted', 'The directory refuses mayTrustApps for the acting account or one above it.')
}

export function refusedForPublic(hint: string): AppGrantError {
  return new AppGrantError('invalid_request', {}, { message: 'the app is public', hint })
}

export function refusedForKeys(): AppGrantError {
  return new AppGrantError(
    'invalid_request',
    {},
    {
      message: 'the app authenticates by keys',
      hint: 'Use replaceKeys; or regenerateSecret, which puts a secret in their place and ends the tokens too.',
    },
  )
}

export function suspendedAbove(): AppGrantError {
  return new AppGrantError(
    'suspended_above',
    {},
    {
      message: 'the app was suspended by a higher authority',
      hint: 'Only the account that suspended it, one above that, or the host can resume it.',
    },
  )
}

export function secretNotFound(): AppGrantError {
  return new AppGrantError(
    'secret_not_found',
    {},
    { message: 'no such secret', hint: 'The ids of the secrets are in app.secrets.' },
  )
}

export function secretLimitReached(limit: number): AppGrantError {
  return new AppGrantError(
    'secret_limit_reached',
    {},
    {
      message: `the app has ${limit} secrets already`,
      hint: 'Remove the old secret first, or replace all by regenerateSecret.',
    },
  )
}

export function onlyHost(does: string): AppGrantError {
  return accountError('not_permitted', `Only the host's authority ${does}: use grants.apps.`)
}

export function onlySecret(): AppGrantError {
  return new AppGrantError(
    'invalid_request',
    {},
    {
      message: 'the only secret of an app cannot be removed',
      hint: 'Add another first, or use regenerateSecret, which ends the tokens too.',
    },
  )
}
