import { AppGrantError, type ErrorCode } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { isKey, KEY_LENGTH } from '../credentials/app-key.ts'
import { digestOf, sameDigest } from '../credentials/digest.ts'
import { appKind, appRef, type LiveApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { createFailureTable } from './failure-table.ts'
import { idInput } from './input.ts'

/** An app's key and one of its secrets: `client_id` and `client_secret`. */
export interface AppSecret {
  readonly key: string
  readonly secret: string
}

/** What an app proves itself by. Without a secret: public apps only, which PKCE or the refresh token must then prove. */
export type AppCredentials = AppSecret | { readonly key: string; readonly secret?: undefined }

/** What is known of the request behind a call. */
export interface RequestFacts {
  /** Kept with the token that the request makes, at most 512 characters of it. */
  readonly userAgent?: string
  /** The caller's address as the host knows it. Failures are counted by it; without one they are not. */
  readonly remoteAddress?: string
}

/** Proves who an app is. */
export interface AppAuthentication {
  /**
   * The app, whatever its status.
   *
   * @throws `app_authentication_failed` for an unknown key, a wrong secret and a removed app alike; `too_many_failures`.
   */
  authenticate(by: AppCredentials & RequestFacts): Promise<LiveApp>
}

type Refusal = 'unknown_app' | 'removed_app' | 'wrong_secret' | 'missing_secret' | 'secret_of_public_app'

// What a secret is compared with where there is no other: so that every attempt compares twice.
const NO_DIGEST = digestOf('')
const COMPARISONS = 2

export function createAppAuthentication(parts: {
  readonly collection: Collection
  readonly events: Emitter
  readonly clock: () => number
}): AppAuthentication {
  const failures = createFailureTable(parts.clock)

  return {
    async authenticate(by) {
      const key = idInput(by.key, 'key')
      const secret = by.secret === undefined ? undefined : idInput(by.secret, 'secret')
      const remoteAddress = by.remoteAddress === undefined ? undefined : idInput(by.remoteAddress, 'remoteAddress')
      // A text that cannot be a key or a secret costs no read and no digest, however long it is.
      const isPossible = isKey(key) && (secret === undefined || secret.length === KEY_LENGTH)
      const app = isPossible ? await parts.collection.load(appKind, appRef(key)) : undefined
      const isProven = isPossible && secret !== undefined && holds(app?.state === 'live' ? app : undefined, secret)
      if (app?.state === 'live' && (isProven || (secret === undefined && app.public))) return app
      throw refuse({ key, remoteAddress }, reasonFor(app, secret))
    },
  }

  // A right secret never comes here: others' failures cannot lock anybody out (ERR-3).
  function refuse(attempt: { key: string; remoteAddress: string | undefined }, reason: Refusal): AppGrantError {
    const retryAfterSeconds = failures.count(attempt)
    const code: ErrorCode = retryAfterSeconds > 0 ? 'too_many_failures' : 'app_authentication_failed'
    const { remoteAddress } = attempt
    // What is no app's key may be a secret that was put in the wrong place: nobody is told it.
    const known = reason !== 'unknown_app' && { app: attempt.key }
    parts.events.emit('refused', {}, { code, reason, ...known, ...(remoteAddress !== undefined && { remoteAddress }) })
    if (code === 'too_many_failures') {
      return new AppGrantError(
        code,
        { retryAfterSeconds },
        {
          message: 'too many failed attempts',
          hint: 'Wait, then try again with the right secret; a right one is never refused for this reason.',
        },
      )
    }
    return new AppGrantError(
      code,
      {},
      {
        message: 'unknown app or wrong secret',
        hint: 'Check the key and the secret; a removed app and a replaced secret are refused alike. The event `refused` tells which.',
      },
    )
  }
}

/** The same number of digests and comparisons whether there is an app or not. */
function holds(app: LiveApp | undefined, secret: string): boolean {
  const presented = digestOf(secret)
  let found = false
  for (let at = 0; at < COMPARISONS; at++) {
    const stored = app?.secrets[at]?.digest
    const isSame = sameDigest(stored ?? NO_DIGEST, presented)
    found = (isSame && stored !== undefined) || found
  }
  return found
}

function reasonFor(
  app: { readonly state: string; readonly public?: boolean } | undefined,
  secret: string | undefined,
): Refusal {
  if (!app) return 'unknown_app'
  if (app.state === 'removed') return 'removed_app'
  if (secret === undefined) return 'missing_secret'
  return app.public ? 'secret_of_public_app' : 'wrong_secret'
}
