import type { Members } from './compact.ts'

/** What an access token says, signed or by introspection. Times are in seconds since 1970. @see RFC 9068 §2.2, RFC 7662 §2.2 */
export interface AccessTokenClaims {
  readonly iss: string
  /** The account; for an app-only token `app:` and the key, for no user stands behind it. */
  readonly sub: string
  /** The app's key. */
  readonly client_id: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  /** The id of the token. */
  readonly jti: string
  /** Absent where it is empty. */
  readonly scope?: string
  readonly kind: 'app' | 'user'
  /** The app's name, and the account that owns it: the one that an app-only token acts for. */
  readonly client_name: string
  readonly owner: string
  /** Where the records of the token stand, and what proves it to them. */
  readonly ref?: string
}

/** Why a text is no access token for whoever asks: its form, its proof or its claims, or its time is over. */
export type TokenFault = 'malformed' | 'unknown' | 'expired'

/** What the claims must say. */
export interface ClaimRules {
  readonly issuer: string
  /** One of them must be in `aud`. */
  readonly audience: readonly string[]
  /** In ms since 1970. */
  readonly now: number
  /** How far the clocks of issuer and verifier may be apart. */
  readonly toleranceMs: number
}

type TimedClaims = AccessTokenClaims & { readonly nbf?: number }

/** Judges what somebody that is believed says of an access token. */
export function readClaims(members: Members, rules: ClaimRules): AccessTokenClaims | TokenFault {
  if (!hasRightClaims(members, rules)) return 'unknown'
  return isOver(members, rules) ? 'expired' : members
}

function hasRightClaims(
  members: Members,
  { issuer, audience, now, toleranceMs }: ClaimRules,
): members is Members & TimedClaims {
  const { iss, aud, iat, exp, nbf = 0, kind, scope = '', ref = '' } = members
  const latest = (now + toleranceMs) / 1000
  const texts = [members.sub, members.client_id, members.client_name, members.owner, members.jti, scope, ref]
  return (
    iss === issuer &&
    isMeantFor(aud, audience) &&
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    iat <= latest &&
    typeof nbf === 'number' &&
    nbf <= latest &&
    texts.every(isText) &&
    (kind === 'app' || kind === 'user')
  )
}

function isMeantFor(aud: unknown, audience: readonly unknown[]): boolean {
  return Array.isArray(aud) ? aud.some((one) => audience.includes(one)) : audience.includes(aud)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isOver({ exp }: TimedClaims, { now, toleranceMs }: ClaimRules): boolean {
  return now >= exp * 1000 + toleranceMs
}
