import { AppGrantError, type VerifyFailureReason } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import { resourceSpellings } from '../../base/resource-spellings.ts'
import type { Claims } from '../../credentials/jwt/claims.ts'
import type { UserAuthentication } from '../input/user-authentication.ts'

/**
 * What a valid access token permits. Of a user's token it says how the user had signed in when the app asked for consent; a
 * refresh does not change that.
 */
export interface Access extends UserAuthentication {
  readonly ok: true
  /** `app`: issued to the app alone, which acts for its owner. `user`: authorized by the account. */
  readonly kind: 'app' | 'user'
  /** `importedKey`: the key that it had before it was imported. Absent for other apps. */
  readonly app: { readonly key: string; readonly importedKey?: string; readonly name: string; readonly owner: string }
  /** The account the app acts for. */
  readonly account: string
  /** The scope that applies now: the token's scope without what the app has lost since. */
  readonly scope: readonly string[]
  /** The resources the token is for. Without the option `resources`, the issuer; empty if there is none either. */
  readonly audience: readonly string[]
  readonly tokenId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  /**
   * The thumbprint of the key that the token is bound to: only who proves to have the key may use it. Absent for a bearer token.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-6)
   */
  readonly jkt?: string
  /** The claims that the host added with the option `claims`. Only the verifiers of `appgrant/resource` return them. */
  readonly claims?: Claims
}

/** An access token that is not valid. On the wire, every reason is `invalid_token`. */
export interface VerifyFailure {
  readonly ok: false
  readonly reason: VerifyFailureReason
}

/** The result of verifying a token: what it permits, or why it is not valid. `ok` distinguishes them. */
export type Verification = Access | VerifyFailure

/** How fresh a verification must be, and which resource it is for. */
export interface VerifyOptions {
  /**
   * WARNING: a token may still be accepted for this long after it was revoked.
   *
   * How old the state that an acceptance is based on may be, in ms, 0–300 000, and never more than the option `maxStalenessMs` of
   * `createAppGrant`. A denial is always based on the current state. Default is 0, the current state.
   */
  readonly maxStalenessMs?: number | undefined
  /** The resource that is accessed: a token that is not for it is denied. Default is any of the option `resources`. */
  readonly audience?: string | undefined
  /**
   * Whether a token that is bound to a key is accepted. Default is false: it is denied as `proof_required`.
   *
   * WARNING: the caller must then refuse the request unless a proof in it is valid and by the key `jkt` of the result. `protect` does
   * all of this with its option `dpop`.
   */
  readonly acceptBound?: boolean | undefined
}

/** What the tokens that a verifier accepts can be for. No token has another resource or another scope. */
export interface Acceptable {
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
}

/** Verifies access tokens. */
export interface Verifier {
  /**
   * Lets `protect` refuse an `audience` or a `scope` with which it would reject every token. A verifier of a service does not know
   * the options of the platform, and has none.
   */
  readonly acceptable?: Acceptable | undefined
  /**
   * Verifies an access token against the current state, with one round trip to the store, or none within `maxStalenessMs`. The
   * signature of a signed token is checked too, without another round trip.
   *
   * @returns what the token permits.
   * @throws {@link AppGrantError} `invalid_token` if the token is not valid, with the reason in its details. All codes of
   *   {@link Verifier.tryVerify}.
   * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
   */
  verify(accessToken: string, options?: VerifyOptions): Promise<Access>
  /**
   * Verifies as {@link Verifier.verify} does, for callers to whom an invalid token is not an error.
   *
   * @returns what the token permits, or why it is not valid: an invalid token is never a rejection.
   * @throws {@link AppGrantError} `store_unavailable` or `directory_unavailable` if the result is not known: respond with 503,
   *   never with 401 or the resource. `invalid_request` for an invalid option.
   * @throws TypeError for an unknown option; the message names it.
   */
  tryVerify(accessToken: string, options?: VerifyOptions): Promise<Verification>
}

/** Both methods, by the one that does the work. */
export function verifierOf(tryVerify: Verifier['tryVerify']): Verifier {
  return {
    verify: (accessToken, options) => tryVerify(accessToken, options).then(accessOf),
    tryVerify,
  }
}

function accessOf(verification: Verification): Access {
  if (verification.ok) return verification
  const { reason } = verification
  throw new AppGrantError('invalid_token', {
    message: 'the access token is not valid',
    hint: HINTS[reason],
    details: { reason },
  })
}

const HINTS: Readonly<Record<VerifyFailureReason, string>> = {
  malformed:
    'Pass the access token alone, whole and without the word Bearer. Refresh tokens and codes are not accepted.',
  unknown: 'The token was made up, was issued by another platform, or expired long ago.',
  expired: 'The app must refresh it, or request a new one.',
  revoked: 'The app must request a new one; if its install was withdrawn, the account must authorize the app again.',
  other_audience: 'The app must request a token for this resource, which must be one of the option `resources`.',
  proof_required: 'It is bound to a key, so a DPoP proof must be checked: use protect with the option dpop.',
  app_removed: 'The app no longer exists.',
  app_suspended: 'The token is valid again after apps.resume.',
  account_blocked: "The directory says that the account, or the app's owner, is blocked or does not exist.",
  not_permitted:
    "The directory's mayUseApps does not allow this app to the account, to the app's owner, or to one above.",
}

const OPTIONS = knownMembers<VerifyOptions>(
  { maxStalenessMs: true, audience: true, acceptBound: true },
  {
    scope: 'a comparison with the scope of the result, or protect',
    scopes: 'a comparison with the scope of the result',
  },
)

/** @throws TypeError that names an unknown option: nothing may pass because an option was misspelt (ERR-6). */
export function assertVerifyOptions(options: VerifyOptions): void {
  assertOptions('verify', options, OPTIONS)
}

export const verifyFailure = (reason: VerifyFailureReason): VerifyFailure => Object.freeze({ ok: false, reason })

export const MAX_STALENESS_MS = 300_000
/** What {@link isStaleness} accepts, in words. */
export const STALENESS = `a number of ms from 0 to ${MAX_STALENESS_MS}`

/** Whether it may be `maxStalenessMs`, which is 0 if it is absent. */
export function isStaleness(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= MAX_STALENESS_MS)
}

/** Denies a valid token that is not for the resource, or that its caller must not accept. */
export function checkFit(
  verification: Verification,
  { audience, acceptBound = false }: Pick<VerifyOptions, 'audience' | 'acceptBound'> = {},
): Verification {
  if (!verification.ok) return verification
  const isFor = audience === undefined || resourceSpellings(audience).some((one) => verification.audience.includes(one))
  if (!isFor) return verifyFailure('other_audience')
  return verification.jkt === undefined || acceptBound ? verification : verifyFailure('proof_required')
}
