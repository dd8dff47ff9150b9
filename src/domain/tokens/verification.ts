import { assertOptions, knownMembers } from '../../base/known-members.ts'

/** What a valid access token permits. */
export interface Access {
  readonly ok: true
  /** `app`: issued to the app alone, which acts for its owner. `user`: authorised by the account. */
  readonly kind: 'app' | 'user'
  readonly app: { readonly key: string; readonly name: string; readonly owner: string }
  /** The account the app acts for. */
  readonly account: string
  /** The scope that applies now: the token's scope without what the app has lost since. */
  readonly scope: readonly string[]
  /** The resources the token is for. Without the option `resources`, the issuer; empty if there is none either. */
  readonly audience: readonly string[]
  readonly tokenId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/**
 * Why an access token is not valid. On the wire, every reason is `invalid_token`.
 *
 * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export interface VerifyFailure {
  readonly ok: false
  readonly reason: VerifyFailureReason
}

/**
 * The reasons for which an access token is denied. `unknown` includes tokens that were made up or whose record has been dropped;
 * `revoked` is everything that was revoked, removed or withdrawn, or belongs to another epoch.
 */
export type VerifyFailureReason =
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'revoked'
  | 'other_audience'
  | 'app_removed'
  | 'app_suspended'
  | 'account_blocked'
  | 'not_permitted'

/** The result of verifying a token: what it permits, or why it is not valid. `ok` distinguishes them. */
export type Verification = Access | VerifyFailure

/** How fresh a verification must be, and which resource it is for. */
export interface VerifyOptions {
  /**
   * WARNING: a token may still be accepted for this long after it was revoked.
   *
   * How old the state that an acceptance is based on may be, in ms, 0–300 000. A denial is always based on the current state.
   * Default is 0, the current state.
   */
  readonly maxStalenessMs?: number
  /** The resource that is accessed: a token that is not for it is denied. Default is any of the option `resources`. */
  readonly audience?: string
}

/** Verifies access tokens. */
export interface Verifier {
  /**
   * Verifies an access token against the current state, with one round trip to the store, or none within `maxStalenessMs`. The
   * signature of a signed token is checked too, without another round trip.
   *
   * @returns what the token permits, or why it is not valid: an invalid token is never a rejection.
   * @throws {@link AppGrantError} `store_unavailable` or `directory_unavailable` if the result is not known: respond with 503,
   *   never with 401 or the resource. `invalid_request` for an invalid option.
   * @throws TypeError for an unknown option; the message names it.
   */
  verify(accessToken: string, options?: VerifyOptions): Promise<Verification>
}

const OPTIONS = knownMembers<VerifyOptions>(
  { maxStalenessMs: true, audience: true },
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

/** Denies a valid token that is not for the resource. */
export function checkAudience(audience: string | undefined, verification: Verification): Verification {
  const isFor = !verification.ok || audience === undefined || verification.audience.includes(audience)
  return isFor ? verification : verifyFailure('other_audience')
}
