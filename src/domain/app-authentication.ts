import { AppGrantError, type ErrorCode } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { isKey, KEY_LENGTH } from '../credentials/app-key.ts'
import { digestOf, sameDigest } from '../credentials/digest.ts'
import { type AssertionRefusal, judgeAssertion, readAssertion } from '../credentials/jwt/assertion.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { usedAssertionKind } from '../records/used-assertion.ts'
import { createFailureTable } from './failure-table.ts'
import { idInput, invalidRequest } from './input.ts'

export { ASSERTION_ALGORITHMS } from '../credentials/jwt/app-keys.ts'

/** An app's key and one of its secrets: `client_id` and `client_secret`. */
export interface AppSecret {
  readonly key: string
  readonly secret: string
  readonly assertion?: undefined
}

/**
 * A JWT that the app signed by one of its keys, good for one call: `iss` and `sub` are the app's key, `aud` the issuer as one text,
 * `exp` at most 5 minutes ahead, `jti` a new text of at most 128 characters. Clocks may differ by 5 seconds.
 *
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export interface AppAssertion {
  /** Where it is given, the assertion must name the same. Default is what it names. */
  readonly key?: string
  readonly assertion: string
  readonly secret?: undefined
}

/** What an app proves itself by: a secret, or where it has keys, an assertion. */
export type AppProof = AppSecret | AppAssertion

/** What an app says it is. By its key alone: public apps only, which PKCE or the refresh token must then prove. */
export type AppCredentials =
  | AppProof
  | { readonly key: string; readonly secret?: undefined; readonly assertion?: undefined }

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
   * The app, whatever its status. An assertion is used up by it.
   *
   * @throws `app_authentication_failed` for an unknown key, a wrong secret or assertion and a removed app alike;
   *   `too_many_failures`.
   */
  authenticate(by: AppCredentials & RequestFacts): Promise<LiveApp>
  /** The same for apps that are not public. @throws `invalid_request` where there is neither secret nor assertion. */
  prove(by: AppProof & RequestFacts): Promise<LiveApp>
}

type Refusal =
  | 'unknown_app'
  | 'removed_app'
  | 'wrong_secret'
  | 'missing_secret'
  | 'secret_of_public_app'
  | 'secret_of_app_with_keys'
  | 'missing_assertion'
  | 'assertion_of_app_without_keys'
  | 'malformed_assertion'
  | 'used_assertion'
  | AssertionRefusal

/** Who an attempt says it is, and what became of it. `app` is absent where that is no app. */
interface Failed {
  readonly key: string
  readonly app?: StoredApp | undefined
  readonly reason: Refusal
}
type Verdict = LiveApp | Failed

// What a secret is compared with where there is no other: so that every attempt compares twice.
const NO_DIGEST = digestOf('')
const COMPARISONS = 2
/**
 * How much longer than an assertion the record of its use is kept: on a node whose clock is a second behind it is good for longer,
 * and another use that was judged in time may take as long to be stored as a store is ever waited for.
 */
const KEPT_LONGER_MS = 61_000

export function createAppAuthentication(parts: {
  readonly collection: Collection
  readonly events: Emitter
  readonly clock: () => number
  readonly issuer: string | undefined
}): AppAuthentication {
  const { collection, clock, issuer } = parts
  const failures = createFailureTable(clock)

  const authentication: AppAuthentication = {
    async authenticate(by) {
      const { secret, assertion } = by
      const remoteAddress = by.remoteAddress === undefined ? undefined : idInput(by.remoteAddress, 'remoteAddress')
      if (secret !== undefined && assertion !== undefined)
        throw invalidRequest('secret', 'nothing beside an assertion', secret)
      const verdict =
        assertion === undefined
          ? await bySecret(idInput(by.key, 'key'), secret === undefined ? undefined : idInput(secret, 'secret'))
          : await byAssertion(idInput(assertion, 'assertion'), by.key)
      if ('reason' in verdict) throw refuse(verdict, remoteAddress)
      return verdict
    },
    async prove(by) {
      return authentication.authenticate(
        by.assertion === undefined ? { ...by, secret: idInput(by.secret, 'secret') } : by,
      )
    },
  }
  return authentication

  async function bySecret(key: string, secret: string | undefined): Promise<Verdict> {
    // A text that cannot be a key or a secret costs no read and no digest, however long it is.
    const isPossible = isKey(key) && (secret === undefined || secret.length === KEY_LENGTH)
    const app = isPossible ? await collection.load(appKind, appRef(key)) : undefined
    const isProven = isPossible && secret !== undefined && holds(app?.state === 'live' ? app : undefined, secret)
    if (app?.state === 'live' && (isProven || (secret === undefined && app.public))) return app
    return { key, app, reason: reasonFor(app, secret) }
  }

  /** The use is stored last: whoever has not proven that it is the app makes no record (ERR-5). */
  async function byAssertion(text: string, named: string | undefined): Promise<Verdict> {
    const given = named === undefined ? '' : idInput(named, 'key')
    const assertion = readAssertion(text)
    if (!assertion) return { key: given, reason: 'malformed_assertion' }
    const key = named === undefined ? assertion.claims.sub : given
    if (typeof key !== 'string' || !isKey(key)) return { key: given, reason: 'unknown_app' }
    const app = await collection.load(appKind, appRef(key))
    const failed = (reason: Refusal): Failed => ({ key, app, reason })
    if (app?.state !== 'live') return failed(app ? 'removed_app' : 'unknown_app')
    if (app.keys.length === 0) return failed('assertion_of_app_without_keys')
    const proven = await judgeAssertion(assertion, { app: key, keys: app.keys, issuer, now: clock() })
    if (typeof proven === 'string') return failed(proven)
    const use = { app: key, id: proven.id, expiresAt: proven.endsAt + KEPT_LONGER_MS }
    const stored = await collection.insert(usedAssertionKind, use, { durable: true })
    return stored === 'inserted' ? app : failed('used_assertion')
  }

  // Right credentials never come here: others' failures cannot lock anybody out (ERR-3).
  function refuse({ key, app, reason }: Failed, remoteAddress: string | undefined): AppGrantError {
    const retryAfterSeconds = failures.count({ key, remoteAddress })
    const code: ErrorCode = retryAfterSeconds > 0 ? 'too_many_failures' : 'app_authentication_failed'
    // What is no app's key may be a secret that was put in the wrong place: nobody is told it.
    const known = app && { app: key }
    parts.events.emit('refused', {}, { code, reason, ...known, ...(remoteAddress !== undefined && { remoteAddress }) })
    if (code === 'too_many_failures') {
      return new AppGrantError(
        code,
        { retryAfterSeconds },
        {
          message: 'too many failed attempts',
          hint: 'Wait, then try again with the right credentials; right ones are never refused for this reason.',
        },
      )
    }
    return new AppGrantError(
      code,
      {},
      {
        message: 'unknown app or wrong credentials',
        hint: 'Check the key, and the secret or the assertion; a removed app and replaced credentials are refused alike. The event `refused` tells which.',
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

function reasonFor(app: StoredApp | undefined, secret: string | undefined): Refusal {
  if (!app) return 'unknown_app'
  if (app.state === 'removed') return 'removed_app'
  const hasKeys = app.keys.length > 0
  if (secret === undefined) return hasKeys ? 'missing_assertion' : 'missing_secret'
  if (hasKeys) return 'secret_of_app_with_keys'
  return app.public ? 'secret_of_public_app' : 'wrong_secret'
}
