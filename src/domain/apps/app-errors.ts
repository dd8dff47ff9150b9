import { AppGrantError } from '../../base/errors.ts'
import { accountError } from '../accounts/accounts.ts'

export function appNotFound(): AppGrantError {
  return new AppGrantError('app_not_found', {
    message: 'no such app',
    hint: 'The key is unknown, the app was removed, or it belongs to an account the caller may not manage.',
  })
}

export function limitReached(owner: string, limit: number): AppGrantError {
  return new AppGrantError('app_limit_reached', {
    message: `the account has reached its limit of ${limit} apps`,
    hint: 'Remove an app of this account, or raise the option appsPerOwner. Suspended apps count too.',
    details: { owner, limit },
  })
}

export function alreadyRegistered(app: string): AppGrantError {
  return new AppGrantError('already_registered', {
    message: 'an app was registered with this once before',
    hint: 'details.app is its key. If its secret was lost, regenerate it. For another app, pass another once.',
    details: { app },
  })
}

export function mayNotRegister(): AppGrantError {
  return accountError(
    'not_permitted',
    "The directory's mayRegisterApps does not allow this for the acting account or one above it, or not for this API type.",
  )
}

export function mayNotTrust(): AppGrantError {
  return accountError(
    'not_permitted',
    "The directory's mayTrustApps does not allow this for the acting account or one above it.",
  )
}

export function refusedForPublic(hint: string): AppGrantError {
  return new AppGrantError('invalid_request', { message: 'the app is public', hint })
}

export function refusedForKeys(): AppGrantError {
  return new AppGrantError('invalid_request', {
    message: 'the app authenticates with public keys',
    hint: 'Use replaceJwks, or regenerateSecret to replace the keys with a secret, which also revokes every token.',
  })
}

export function suspendedAbove(): AppGrantError {
  return new AppGrantError('suspended_above', {
    message: 'the app was suspended by a higher authority',
    hint: 'Only the account that suspended it, an account above that one, or the host can resume it or change its fields. Revoking, regenerating and removing are still possible.',
  })
}

export function secretNotFound(): AppGrantError {
  return new AppGrantError('secret_not_found', {
    message: 'no such secret',
    hint: 'app.secrets lists the ids of the secrets.',
  })
}

export function secretLimitReached(limit: number): AppGrantError {
  return new AppGrantError('secret_limit_reached', {
    message: `the app already has ${limit} secrets`,
    hint: 'Remove the old secret first, or replace all secrets with regenerateSecret.',
  })
}

export function onlyHost(does: string): AppGrantError {
  return accountError('not_permitted', `Only the host's authority ${does}: use the apps of the AppGrant itself.`)
}

export function onlySecret(): AppGrantError {
  return new AppGrantError('invalid_request', {
    message: 'the only secret of an app cannot be removed',
    hint: 'Add another one first, or use regenerateSecret, which also revokes every token.',
  })
}
