import { AppGrantError } from '../../base/errors.ts'
import type { EventSource } from '../../base/events.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { readAssertion, validateAssertion, wrongClaim } from '../../credentials/jwt/assertion.ts'
import { type AssertionPolicy, requirementOf } from '../../credentials/jwt/assertion-policy.ts'
import { isPublic, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection, Remembered } from '../../records/collection.ts'
import { usedAssertionKind } from '../../records/used-assertion.ts'
import { idInput, invalidRequest, sourceInput } from '../input/input.ts'
import type { Refusals } from '../refusals.ts'
import { type FailureLimiter, tooManyFailures } from './failure-limiter.ts'
import { type FindApp, isImportedKey } from './find-app.ts'
import type { LegacySecrets } from './legacy-secrets.ts'
import { canBeSecret, presentedSecret } from './presented-secret.ts'

export { ASSERTION_ALGORITHMS } from '../../credentials/jwt/app-jwk.ts'

/** An app's key and one of its secrets: `client_id` and `client_secret`. */
export interface AppSecret {
  readonly key: string
  readonly secret: string
  readonly assertion?: undefined
}

/**
 * A JWT signed with one of the app's keys, valid for one call: `iss` and `sub` are the app's key, `aud` is the issuer as a single
 * string, `exp` is at most 5 minutes ahead, `jti` is a new string of at most 128 characters. Clocks may differ by 5 seconds. The
 * option `assertions` accepts more.
 *
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export interface AppAssertion {
  /** The app's key, which the assertion must contain. Default is the `sub` of the assertion. */
  readonly key?: string | undefined
  readonly assertion: string
  readonly secret?: undefined
}

/** The credentials of an app that is not public: a secret or, if it has keys, an assertion. */
export type AppAuthentication = AppSecret | AppAssertion

/** The credentials of any app. Only a public app may send its key alone: PKCE or the refresh token must then authenticate it. */
export type AppCredentials =
  | AppAuthentication
  | { readonly key: string; readonly secret?: undefined; readonly assertion?: undefined }

/** The request behind a call. */
export interface RequestContext {
  /** Stored with the token that is issued, up to 512 characters. Default is none. */
  readonly userAgent?: string | undefined
  /** The caller's address as the host knows it, by which failures are limited. Default is none: failures are not counted. */
  readonly remoteAddress?: string | undefined
}

/** The members of {@link RequestContext}. */
export const CONTEXT = { userAgent: true, remoteAddress: true } as const
/** The members of {@link AppCredentials} and {@link RequestContext}. */
export const CREDENTIALS = { key: true, secret: true, assertion: true, ...CONTEXT } as const
/** What callers may expect instead of the members of {@link AppCredentials}. */
export const CREDENTIAL_NAMES = {
  app: 'key',
  client_id: 'key',
  clientId: 'key',
  client_secret: 'secret',
  clientSecret: 'secret',
} as const

/** Authenticates apps. */
export interface AppAuthenticator {
  /**
   * Returns the app, even if it is suspended. An assertion is used up.
   *
   * @throws {@link AppGrantError} `app_authentication_failed` for an unknown key, a wrong secret or assertion, and a removed app
   *   alike; `too_many_failures`, `legacy_secret_unavailable`.
   */
  authenticate(input: AppCredentials & RequestContext): Promise<LiveApp>
  /**
   * The same for apps that are not public, in two steps. Throws `invalid_request` if there is neither secret nor assertion.
   */
  authenticateConfidential(input: AppAuthentication & RequestContext): Proof
}

/** An attempt of an app to authenticate. */
export interface Proof {
  /**
   * The app as this process read it last, if it is remembered and the secret is right. It may have changed since: a write that
   * depends on it must be made only if the app is still at this revision.
   */
  remembered(): Remembered<LiveApp> | undefined
  /** The app as it is stored. Rejects like {@link AppAuthenticator.authenticate}. */
  current(): Promise<LiveApp>
}

type FailureReason = RefusalReason<'app_authentication_failed'>

/** A failed attempt. `app` is absent if the key is not that of an app. */
interface FailedAttempt {
  readonly key: string
  readonly app?: StoredApp | undefined
  readonly reason: FailureReason | 'unchecked_secret'
  /** If it was counted already: for how long no further attempt is checked. */
  readonly retryAfterSeconds?: number
}
type Verdict = LiveApp | FailedAttempt

/** How an attempt is checked. An assertion is accepted once, so a remembered app proves nothing for it. */
interface Attempt {
  readonly remembered: Proof['remembered']
  verdict(): Promise<Verdict>
}

/**
 * How much longer than an assertion the record of its use is kept: the clock of another node may be a second behind, and a second
 * use that was validated in time may take up to the longest store timeout, a minute, to be stored.
 */
const KEPT_LONGER_MS = 61_000

export function createAppAuthenticator(parts: {
  readonly collection: Collection
  readonly findApp: FindApp
  readonly legacySecrets: LegacySecrets
  readonly refusals: Refusals
  readonly clock: () => number
  readonly issuer: string | undefined
  readonly assertions: AssertionPolicy
  readonly failures: FailureLimiter
}): AppAuthenticator {
  const { collection, findApp, legacySecrets, failures, clock, issuer, assertions: policy } = parts

  return {
    authenticate: async (input) => proofOf(input, input.secret).current(),
    authenticateConfidential: (input) =>
      proofOf(input, input.assertion === undefined ? idInput(input.secret, 'secret') : input.secret),
  }

  function proofOf(input: AppCredentials & RequestContext, secret: string | undefined): Proof {
    const { assertion } = input
    const source = sourceInput(input)
    if (secret !== undefined && assertion !== undefined)
      throw invalidRequest('secret', 'no secret together with an assertion', secret)
    const { remembered, verdict } =
      assertion === undefined
        ? bySecret(idInput(input.key, 'key'), secret === undefined ? undefined : idInput(secret, 'secret'), source)
        : byAssertion(idInput(assertion, 'assertion'), input.key)
    return {
      remembered,
      async current() {
        const found = await verdict()
        if ('reason' in found) throw refuse(found, source)
        return found
      },
    }
  }

  function bySecret(key: string, secret: string | undefined, source: EventSource): Attempt {
    // A string that cannot be a key is not looked up, and one that cannot be a secret is not hashed, however long it is.
    const isPossible = isImportedKey(key) && secret !== undefined && canBeSecret(secret)
    const proves = isPossible ? presentedSecret(secret) : () => false
    return {
      remembered() {
        const known = isPossible ? findApp.recall(key) : undefined
        if (known?.value.state !== 'live' || !proves(known.value)) return undefined
        return { value: known.value, revision: known.revision }
      },
      async verdict() {
        const app = await findApp.find(key)
        const isRightSecret = proves(app?.state === 'live' ? app : undefined)
        if (app?.state !== 'live') return { key, app, reason: reasonFor(app, secret) }
        if (isRightSecret || (secret === undefined && isPublic(app))) return app
        const legacy = isPossible ? await legacySecrets.verify(app, secret, source) : 'none'
        if (legacy === 'right') return app
        if (typeof legacy === 'object') return { key, app, reason: 'unchecked_secret', ...legacy }
        return { key, app, reason: reasonFor(app, secret), ...(legacy === 'wrong' && { retryAfterSeconds: 0 }) }
      },
    }
  }

  function byAssertion(text: string, named: string | undefined): Attempt {
    return { remembered: () => undefined, verdict: () => verifyAssertion(text, named) }
  }

  /** The use is stored last: only a request that has authenticated may write (ERR-5). */
  async function verifyAssertion(text: string, named: string | undefined): Promise<Verdict> {
    const given = named === undefined ? '' : idInput(named, 'key')
    const assertion = readAssertion(text)
    if (!assertion) return { key: given, reason: 'malformed_assertion' }
    const key = named === undefined ? assertion.claims.sub : given
    if (typeof key !== 'string') return { key: given, reason: 'unknown_app' }
    const app = await findApp.find(key)
    if (!app) return { key, reason: 'unknown_app' }
    const failed = (reason: FailureReason): FailedAttempt => ({ key, app, reason })
    if (app.state !== 'live') return failed('removed_app')
    const { credentials } = app
    if (credentials.type !== 'jwks') return failed('assertion_of_app_without_keys')
    const rules = { app: key, jwks: credentials.jwks, issuer, policy, now: clock() }
    const validated = await validateAssertion(assertion, rules)
    if (typeof validated === 'string') return failed(validated)
    const use = { app: app.key, id: validated.id, expiresAt: validated.endsAt + KEPT_LONGER_MS }
    const stored = await collection.insert(usedAssertionKind, use, { durable: true })
    return stored === 'inserted' ? app : failed('used_assertion')
  }

  // Called only for wrong credentials, so the failures of others cannot lock anybody out (ERR-3).
  function refuse({ key: presented, app, reason, ...counted }: FailedAttempt, source: EventSource): AppGrantError {
    const { key } = app ?? { key: presented }
    const { retryAfterSeconds = failures.count({ key, remoteAddress: source.remoteAddress }) } = counted
    const code = retryAfterSeconds > 0 ? 'too_many_failures' : 'app_authentication_failed'
    // A string that is not the key of an app may be a misplaced secret, so the event must not contain it.
    const known = app && { app: key }
    parts.refusals.report({}, { ...known, ...source }, code, reason)
    if (code === 'too_many_failures')
      return tooManyFailures(retryAfterSeconds, { isChecked: reason !== 'unchecked_secret' })
    // Only the holder of the app's key gets that far, so the response may say more.
    const claim = wrongClaim(reason)
    return new AppGrantError(code, {
      message: claim
        ? `the ${claim} of the assertion must be ${requirementOf(claim, policy)}`
        : 'unknown app or wrong credentials',
      hint: 'Check the key, and the secret or assertion. The app may have been removed, or its credentials replaced: the reason is in the event `refused`.',
    })
  }
}

function reasonFor(app: StoredApp | undefined, secret: string | undefined): FailureReason {
  if (!app) return 'unknown_app'
  if (app.state === 'removed') return 'removed_app'
  const { type } = app.credentials
  if (type === 'none') return 'secret_of_public_app'
  if (!secret) return type === 'jwks' ? 'missing_assertion' : 'missing_secret'
  return type === 'jwks' ? 'secret_of_app_with_keys' : 'wrong_secret'
}
