import { type CryptoKey, compactVerify, errors } from 'jose'
import { type JwsHeader, MAX_SIGNED_TOKEN, type Members, parseMembers, readJwsHeader } from './compact.ts'

/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** What a signed access token says. Times are in seconds since 1970. @see RFC 9068 §2.2 */
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
  /** Of an app-only token: the account it acts for, which owns the app. */
  readonly owner?: string
  /** Where the records of the token stand, and what proves it to them. */
  readonly ref?: string
}

/** Why a text is no access token for whoever asks: its form, its proof or its claims, or its time is over. */
export type TokenFault = 'malformed' | 'unknown' | 'expired'

/** What an access token must be. */
export interface TokenRules {
  /** The key that the header names, for the algorithm that it names; undefined where there is none. A rejection is an outage. */
  readonly keyFor: (header: JwsHeader) => Promise<CryptoKey | undefined> | CryptoKey | undefined
  readonly issuer: string
  /** One of them must be in `aud`. */
  readonly audience: readonly string[]
  /** In ms since 1970. */
  readonly now: number
  /** How far the clocks of issuer and verifier may be apart. */
  readonly toleranceMs: number
}

/** Judges a signed access token by itself: form, signature and claims, no state. It rejects only where `keyFor` does. */
export async function readAccessToken(text: string, rules: TokenRules): Promise<AccessTokenClaims | TokenFault> {
  const header = readJwsHeader(text, { maxLength: MAX_SIGNED_TOKEN })
  const members = header && isAccessTokenType(header.typ) ? parseMembers(payloadOf(text)) : undefined
  if (!header || !members) return 'malformed'
  const key = await rules.keyFor(header)
  if (!key || !(await isSignedBy(key, text, header))) return 'unknown'
  return hasRightClaims(members, rules) ? (isOver(members, rules) ? 'expired' : members) : 'unknown'
}

/** "application/" may be left out, and no case counts (RFC 7515 §4.1.9). */
function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === ACCESS_TOKEN_TYPE
}

function payloadOf(text: string): Uint8Array {
  return Buffer.from(text.slice(text.indexOf('.') + 1, text.lastIndexOf('.')), 'base64url')
}

async function isSignedBy(key: CryptoKey, text: string, { alg }: JwsHeader): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms: [alg] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

type TimedClaims = AccessTokenClaims & { readonly nbf?: number }

function hasRightClaims(
  members: Members,
  { issuer, audience, now, toleranceMs }: TokenRules,
): members is Members & TimedClaims {
  const { iss, aud, iat, exp, nbf = 0, kind, owner, scope = '', ref = '' } = members
  const latest = (now + toleranceMs) / 1000
  const texts = [members.sub, members.client_id, members.jti, scope, ref]
  return (
    iss === issuer &&
    [aud].flat().some((one) => typeof one === 'string' && audience.includes(one)) &&
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    iat <= latest &&
    typeof nbf === 'number' &&
    nbf <= latest &&
    texts.every((text) => typeof text === 'string') &&
    (kind === 'app' ? typeof owner === 'string' : kind === 'user')
  )
}

function isOver({ exp }: TimedClaims, { now, toleranceMs }: TokenRules): boolean {
  return now >= exp * 1000 + toleranceMs
}
