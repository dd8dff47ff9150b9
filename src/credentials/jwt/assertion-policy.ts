import { invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'

/**
 * Which assertions of apps are accepted besides those that the guide describes.
 *
 * @see [Apps with keys](https://github.com/appgrant/appgrant/blob/main/docs/app-keys.md)
 */
export interface AssertionOptions {
  /**
   * What `aud` may be. Each value accepts what those before it accept:
   *
   * - `'issuer'`: the issuer as a single string. This is the default.
   * - `'token_endpoint'`: also the URL of the token endpoint, `/token` under the issuer, and that of `/par` (RFC 9126 §2).
   * - `'list'`: also a list of at most 10 that contains one of these.
   *
   * WARNING: another authorization server that an app uses can make it sign an assertion for a URL that this server accepts, or
   * is in the list itself, and can then authenticate as the app here. Use more than the default only for apps that use no
   * authorization server that the host does not trust.
   *
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
   */
  readonly audience?: 'issuer' | 'token_endpoint' | 'list' | undefined
  /**
   * How far in the future `exp` may be, in seconds, 60–86 400. The use of an assertion is stored until it has expired. Default is
   * 300, five minutes.
   */
  readonly maxLifetimeSeconds?: number | undefined
}

/** The validated options, with defaults applied. */
export interface AssertionPolicy {
  readonly audience: NonNullable<AssertionOptions['audience']>
  readonly maxLifetimeSeconds: number
}

const NAMES = knownMembers<AssertionOptions>({ audience: true, maxLifetimeSeconds: true })
const AUDIENCES: readonly unknown[] = ['issuer', 'token_endpoint', 'list']
const MIN_LIFETIME = 60
const MAX_LIFETIME = 86_400
const MAX_AUDIENCES = 10

/** @throws TypeError that names the option. */
export function checkAssertions(given: AssertionOptions = {}): AssertionPolicy {
  assertOptions('createAppGrant', given, NAMES, 'assertions')
  const { audience = 'issuer', maxLifetimeSeconds = 300 } = given
  const wrong = (name: string, expected: string, received: unknown) =>
    invalidOption('createAppGrant', `assertions.${name}`, expected, received)
  if (!AUDIENCES.includes(audience)) throw wrong('audience', "'issuer', 'token_endpoint' or 'list'", audience)
  if (!Number.isInteger(maxLifetimeSeconds) || maxLifetimeSeconds < MIN_LIFETIME || maxLifetimeSeconds > MAX_LIFETIME)
    throw wrong('maxLifetimeSeconds', `an integer from ${MIN_LIFETIME} to ${MAX_LIFETIME}`, maxLifetimeSeconds)
  return { audience, maxLifetimeSeconds }
}

/** Whether an assertion with this `aud` is for this server. */
export function isForIssuer(aud: unknown, issuer: string | undefined, { audience }: AssertionPolicy): boolean {
  if (issuer === undefined) return false
  const named: readonly unknown[] = [issuer, ...(audience === 'issuer' ? [] : [`${issuer}/token`, `${issuer}/par`])]
  const isNamed = (value: unknown) => named.includes(value)
  if (!Array.isArray(aud)) return isNamed(aud)
  // By default no list: another server in it could replay the assertion here.
  return audience === 'list' && aud.length <= MAX_AUDIENCES && aud.some(isNamed)
}

const AUDIENCE_TEXTS: Readonly<Record<AssertionPolicy['audience'], string>> = {
  issuer: 'the issuer as a single string',
  token_endpoint: 'the issuer or the URL of the token endpoint, as a single string',
  list: 'the issuer or the URL of the token endpoint, or a list that contains one of them',
}

/** What an assertion with a wrong claim must have, for the app that signed it. */
export function requirementOf(claim: AssertionClaim, policy: AssertionPolicy): string {
  const { audience, maxLifetimeSeconds } = policy
  if (claim === 'aud') return `${AUDIENCE_TEXTS[audience]}${widened(audience !== 'list', 'audience')}`
  if (claim === 'exp') {
    const canGrow = maxLifetimeSeconds < MAX_LIFETIME
    return `a time in the future, by at most ${maxLifetimeSeconds} seconds${widened(canGrow, 'maxLifetimeSeconds')}`
  }
  return TEXTS[claim]
}

const widened = (canBe: boolean, option: string) =>
  canBe ? ` (the option assertions.${option} of the server accepts more)` : ''

const TEXTS = {
  iss: 'the client_id',
  sub: 'the client_id',
  nbf: 'absent, or a time that is not in the future',
  iat: 'absent, or a time that is not in the future',
  jti: 'a string of 1-128 characters',
} as const

/** The claims that are checked. */
export type AssertionClaim = keyof typeof TEXTS | 'aud' | 'exp'
