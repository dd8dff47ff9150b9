import type { Members } from './compact.ts'

/**
 * The claims of an access token, from a signed token or an introspection response. Times are in seconds since 1970.
 *
 * @see RFC 9068 §2.2, RFC 7662 §2.2
 */
export interface AccessTokenClaims {
  readonly iss: string
  /** The account. For an app-only token, which involves no user, `app:` and the app's key. */
  readonly sub: string
  /** The app's key, or the one that it had before it was imported. */
  readonly client_id: string
  /** Only of an app that was imported: its key. */
  readonly client_key?: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** Absent if empty. */
  readonly scope?: string
  /** When and how the user had signed in. Absent if that is not known. @see RFC 9470 §6 */
  readonly auth_time?: number
  readonly acr?: string
  /** The thumbprint of the key that the token is bound to. Absent for a bearer token. @see RFC 9449 §6 */
  readonly cnf?: { readonly jkt: string }
  readonly kind: 'app' | 'user'
  readonly client_name: string
  /** The account that owns the app. An app-only token acts for it. */
  readonly owner: string
  /** The embedded credential, which locates the token's record and is verified against it. */
  readonly ref?: string
  /** The names of what the token depends on in the revocation feed. Absent without a feed. */
  readonly stamps?: readonly string[]
}

/** Claims that the host adds to a token: plain JSON, none with a reserved name. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * The names that the host cannot use: what a token of this package says, and what would restrict a token or pass it on in ways that
 * nothing here checks.
 *
 * @see RFC 7519 §4.1, RFC 7662 §2.2, RFC 7800 §3.1, RFC 8693 §4
 */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'client_key', 'scope'],
  ...['kind', 'client_name', 'owner', 'ref', 'stamps', 'active', 'token_type'],
  ...['auth_time', 'acr', 'max_staleness_ms'],
  ...['cnf', 'act', 'may_act', '__proto__'],
])

/** Why a token was rejected: malformed, not verifiable, or expired. */
export type TokenFault = 'malformed' | 'unknown' | 'expired'

/** A fault, or `early`: issued in the future, so that one of the two clocks is wrong. */
export type ClaimsFault = TokenFault | 'early'

export interface ClaimRules {
  readonly issuer: string
  /** At least one of them must be in `aud`. */
  readonly audience: readonly string[]
  /** In ms since 1970. */
  readonly now: number
  /** Tolerated clock difference between issuer and verifier. */
  readonly toleranceMs: number
}

type TimedClaims = AccessTokenClaims & { readonly nbf?: number }

/** Validates the claims of a token whose source is already trusted. */
export function readClaims(members: Members, rules: ClaimRules): AccessTokenClaims | ClaimsFault {
  if (!hasRightClaims(members, rules)) return 'unknown'
  if (members.iat > latest(rules)) return 'early'
  return isOver(members, rules) ? 'expired' : members
}

function hasRightClaims(members: Members, rules: ClaimRules): members is Members & TimedClaims {
  const { issuer, audience } = rules
  const { iss, aud, iat, exp, nbf = 0, kind, auth_time = 0 } = members
  const { scope = '', ref = '', client_key = '', acr = '', stamps = [], cnf } = members
  const texts = [
    ...[members.sub, members.client_id, members.client_name, members.owner, members.jti],
    ...[scope, ref, client_key, acr],
  ]
  return (
    iss === issuer &&
    isAudience(aud, audience) &&
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    typeof nbf === 'number' &&
    typeof auth_time === 'number' &&
    nbf <= latest(rules) &&
    texts.every(isText) &&
    Array.isArray(stamps) &&
    stamps.every(isText) &&
    (cnf === undefined || isConfirmation(cnf)) &&
    (kind === 'app' || kind === 'user')
  )
}

/** The latest time that is not in the future, in seconds. */
function latest({ now, toleranceMs }: ClaimRules): number {
  return (now + toleranceMs) / 1000
}

function isAudience(aud: unknown, audience: readonly unknown[]): boolean {
  return Array.isArray(aud) ? aud.some((one) => audience.includes(one)) : audience.includes(aud)
}

/** A token that is bound in a way that nobody here can check must not be accepted. */
function isConfirmation(cnf: unknown): boolean {
  const names = typeof cnf === 'object' && cnf !== null ? Object.keys(cnf) : []
  return names.length === 1 && isText((cnf as Members).jkt)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isOver({ exp }: TimedClaims, { now, toleranceMs }: ClaimRules): boolean {
  return now >= exp * 1000 + toleranceMs
}
