import { type AppJwk, algorithmsOf } from './app-jwk.ts'
import { type AssertionClaim, type AssertionPolicy, isForIssuer } from './assertion-policy.ts'
import { type JwsHeader, type Members, readJwsHeader, readJwsPayload, splitJws } from './compact.ts'

/** Longest accepted assertion, in characters. A longer one is rejected before any cryptography. */
const MAX_LENGTH = 4096
/** The tolerated clock difference, in seconds. */
const TOLERANCE = 5
const MAX_ID = 128
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt']

/** A parsed assertion. Nothing in it has been verified. */
export interface Assertion {
  readonly text: string
  readonly header: JwsHeader
  readonly claims: Members
}

/** A verified assertion. Only the store knows whether it was used before. */
export interface ValidAssertion {
  readonly id: string
  /** When it expires, clock tolerance included, in ms since 1970. */
  readonly endsAt: number
}

export interface AssertionRules {
  /** The key of the app, which `iss` and `sub` must equal. */
  readonly app: string
  readonly jwks: readonly AppJwk[]
  readonly issuer: string | undefined
  readonly policy: AssertionPolicy
  /** In ms since 1970. */
  readonly now: number
}

interface Expected extends Pick<AssertionRules, 'app' | 'issuer' | 'policy'> {
  /** In seconds since 1970. */
  readonly now: number
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const hasBegun = (value: unknown, { now }: Expected) =>
  value === undefined || (isTime(value) && value <= now + TOLERANCE)

const CLAIMS: Readonly<Record<AssertionClaim, (value: unknown, expected: Expected) => boolean>> = {
  iss: (value, { app }) => value === app,
  sub: (value, { app }) => value === app,
  aud: (value, { issuer, policy }) => isForIssuer(value, issuer, policy),
  exp: (value, { now, policy }) =>
    isTime(value) && value > now - TOLERANCE && value <= now + policy.maxLifetimeSeconds + TOLERANCE,
  nbf: hasBegun,
  iat: hasBegun,
  jti: (value) => typeof value === 'string' && value.length > 0 && value.length <= MAX_ID,
}

export type AssertionRefusal = `assertion_${'typ' | 'key' | 'signature' | AssertionClaim}`

/** The claim that a refusal is about; undefined if the signature was not valid or not reached. */
export function wrongClaim(reason: string): AssertionClaim | undefined {
  const claim = reason.replace('assertion_', '')
  return Object.hasOwn(CLAIMS, claim) ? (claim as AssertionClaim) : undefined
}

/** Parses an assertion. Returns undefined unless it is a supported compact JWS with an object payload. */
export function readAssertion(text: string): Assertion | undefined {
  const parts = splitJws(text, { maxLength: MAX_LENGTH })
  const header = parts && readJwsHeader(parts)
  const claims = header && readJwsPayload(parts)
  return claims && { text, header, claims }
}

/**
 * Validates an assertion with the registered keys of the app. Keys that its header contains or links to are ignored.
 *
 * @returns the verified assertion, or the reason for its rejection.
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function validateAssertion(
  assertion: Assertion,
  { app, jwks, issuer, policy, now }: AssertionRules,
): Promise<ValidAssertion | AssertionRefusal> {
  const { text, header, claims } = assertion
  if (!TYPES.includes(header.typ)) return 'assertion_typ'
  const named = header.kid === undefined && jwks.length === 1 ? jwks : jwks.filter(({ kid }) => kid === header.kid)
  const [key] = named.filter((one) => algorithmsOf(one).includes(header.alg))
  if (!key) return 'assertion_key'
  if (!(await isSignedBy(text, key, header.alg))) return 'assertion_signature'
  const expected = { app, issuer, policy, now: now / 1000 }
  const names = Object.keys(CLAIMS) as AssertionClaim[]
  const wrong = names.find((name) => !CLAIMS[name](Object.hasOwn(claims, name) ? claims[name] : undefined, expected))
  if (wrong) return `assertion_${wrong}`
  return { id: claims.jti as string, endsAt: Math.ceil(((claims.exp as number) + TOLERANCE) * 1000) }
}

/** The key is frozen with its app's record, so jose caches the imported key for as long as the record is in use. */
async function isSignedBy(text: string, key: AppJwk, algorithm: string): Promise<boolean> {
  // Imported on first use: only apps with keys need it.
  const { compactVerify, errors } = await import('jose')
  try {
    await compactVerify(text, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
