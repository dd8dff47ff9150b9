import { AppGrantError, type ErrorCode } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { isKey, KEY_LENGTH } from '../credentials/app-key.ts'
import { type AssertionRefusal, judgeAssertion, readAssertion } from '../credentials/jwt/assertion.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../records/app.ts'
import type { Collection, Remembered } from '../records/collection.ts'
import { usedAssertionKind } from '../records/used-assertion.ts'
import { createFailureTable } from './failure-table.ts'
import { idInput, invalidRequest } from './input.ts'
import { presentedSecret } from './presented-secret.ts'

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
  /**
   * The same for apps that are not public, in two steps.
   *
   * @throws `invalid_request` if there is neither secret nor assertion.
   */
  prove(by: AppProof & RequestFacts): Proof
}

/** An attempt of an app to prove who it is. */
export interface Proof {
  /**
   * The app as it was read last, if that is remembered and the secret proves it. It may have changed since: what rests on it must be
   * written only if the app is still at this revision.
   */
  remembered(): Remembered<LiveApp> | undefined
  /** The app as it is stored. Rejects as {@link AppAuthentication.authenticate}. */
  current(): Promise<LiveApp>
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

/** How an attempt is judged. An assertion is good for one call, so nothing is judged by what is remembered. */
interface Attempt {
  readonly remembered: Proof['remembered']
  verdict(): Promise<Verdict>
}

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

  return {
    authenticate: async (by) => proofOf(by).current(),
    prove: (by) => proofOf(by.assertion === undefined ? { ...by, secret: idInput(by.secret, 'secret') } : by),
  }

  function proofOf(by: AppCredentials & RequestFacts): Proof {
    const { secret, assertion } = by
    const remoteAddress = by.remoteAddress === undefined ? undefined : idInput(by.remoteAddress, 'remoteAddress')
    if (secret !== undefined && assertion !== undefined)
      throw invalidRequest('secret', 'nothing beside an assertion', secret)
    const { remembered, verdict } =
      assertion === undefined
        ? bySecret(idInput(by.key, 'key'), secret === undefined ? undefined : idInput(secret, 'secret'))
        : byAssertion(idInput(assertion, 'assertion'), by.key)
    return {
      remembered,
      async current() {
        const judged = await verdict()
        if ('reason' in judged) throw refuse(judged, remoteAddress)
        return judged
      },
    }
  }

  function bySecret(key: string, secret: string | undefined): Attempt {
    // A text that cannot be a key or a secret costs no read and no digest, however long it is.
    const isPossible = isKey(key) && (secret === undefined || secret.length === KEY_LENGTH)
    const proves = isPossible && secret !== undefined ? presentedSecret(secret) : () => false
    return {
      remembered() {
        const known = isPossible ? collection.recall(appKind, appRef(key)) : undefined
        if (known?.value.state !== 'live' || !proves(known.value)) return undefined
        return { value: known.value, revision: known.revision }
      },
      async verdict() {
        const app = isPossible ? await collection.load(appKind, appRef(key)) : undefined
        const isProven = proves(app?.state === 'live' ? app : undefined)
        if (app?.state === 'live' && (isProven || (secret === undefined && app.public))) return app
        return { key, app, reason: reasonFor(app, secret) }
      },
    }
  }

  function byAssertion(text: string, named: string | undefined): Attempt {
    return { remembered: () => undefined, verdict: () => judgeAssertionOf(text, named) }
  }

  /** The use is stored last: whoever has not proven that it is the app makes no record (ERR-5). */
  async function judgeAssertionOf(text: string, named: string | undefined): Promise<Verdict> {
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

function reasonFor(app: StoredApp | undefined, secret: string | undefined): Refusal {
  if (!app) return 'unknown_app'
  if (app.state === 'removed') return 'removed_app'
  const hasKeys = app.keys.length > 0
  if (secret === undefined) return hasKeys ? 'missing_assertion' : 'missing_secret'
  if (hasKeys) return 'secret_of_app_with_keys'
  return app.public ? 'secret_of_public_app' : 'wrong_secret'
}
