import { type AppJwk, algorithmsOf } from './app-keys.ts'
import { type JwsHeader, type Members, parseMembers, readJwsHeader } from './compact.ts'

/** Longer than any assertion that says what it must and little else: nothing is computed of what is longer still. */
const MAX_LENGTH = 4096
/** How far ahead an assertion may end, and how far clocks may differ, in seconds. */
const MAX_LIFE = 300
const TOLERANCE = 5
const MAX_ID = 128
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt']

/** An assertion taken apart. Nothing of it is proven. */
export interface Assertion {
  readonly text: string
  readonly header: JwsHeader
  readonly claims: Members
}

/** An assertion that was proven, as far as it alone can tell: whether it was used before, only the store knows. */
export interface ProvenAssertion {
  readonly id: string
  /** From then on it is refused for its age, in ms since 1970. */
  readonly endsAt: number
}

/** What it is judged by. */
export interface AssertionJudge {
  /** The app that it must speak for. */
  readonly app: string
  readonly keys: readonly AppJwk[]
  readonly issuer: string | undefined
  /** In ms since 1970. */
  readonly now: number
}

interface Expected {
  readonly app: string
  readonly issuer: string | undefined
  /** In seconds. */
  readonly now: number
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const hasBegun = (value: unknown, { now }: Expected) =>
  value === undefined || (isTime(value) && value <= now + TOLERANCE)

const CLAIMS = {
  iss: (value: unknown, { app }: Expected) => value === app,
  sub: (value: unknown, { app }: Expected) => value === app,
  // One text and not a list: an assertion made for another server as well is one that it could use here.
  aud: (value: unknown, { issuer }: Expected) => value !== undefined && value === issuer,
  exp: (value: unknown, { now }: Expected) =>
    isTime(value) && value > now - TOLERANCE && value <= now + MAX_LIFE + TOLERANCE,
  nbf: hasBegun,
  iat: hasBegun,
  jti: (value: unknown) => typeof value === 'string' && value.length > 0 && value.length <= MAX_ID,
} as const
type Claim = keyof typeof CLAIMS

/** Why an assertion proves nothing. */
export type AssertionRefusal = `assertion_${'typ' | 'key' | 'signature' | Claim}`

/** Takes an assertion apart, without any key. Undefined where it is no JWS of a shape of ours, or its claims are no object. */
export function readAssertion(text: string): Assertion | undefined {
  const header = readJwsHeader(text, { maxLength: MAX_LENGTH })
  const claims = header && parseMembers(Buffer.from(text.split('.')[1] ?? '', 'base64url'))
  return claims && { text, header, claims }
}

/**
 * Judges an assertion by the keys of the app it must speak for. Keys that its header brings along or points to are not looked at.
 *
 * @returns what it proves, or why it proves nothing.
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function judgeAssertion(
  assertion: Assertion,
  { app, keys, issuer, now }: AssertionJudge,
): Promise<ProvenAssertion | AssertionRefusal> {
  const { text, header, claims } = assertion
  if (!TYPES.includes(header.typ)) return 'assertion_typ'
  const named = header.kid === undefined && keys.length === 1 ? keys : keys.filter(({ kid }) => kid === header.kid)
  const [key] = named.filter((one) => algorithmsOf(one).includes(header.alg))
  if (!key) return 'assertion_key'
  if (!(await isSignedBy(text, key, header.alg))) return 'assertion_signature'
  const expected = { app, issuer, now: now / 1000 }
  const names = Object.keys(CLAIMS) as Claim[]
  const wrong = names.find((name) => !CLAIMS[name](Object.hasOwn(claims, name) ? claims[name] : undefined, expected))
  if (wrong) return `assertion_${wrong}`
  return { id: claims.jti as string, endsAt: Math.ceil(((claims.exp as number) + TOLERANCE) * 1000) }
}

/** The key is frozen with its app's record: jose keeps what it made of it as long as that is in use. */
async function isSignedBy(text: string, key: AppJwk, algorithm: string): Promise<boolean> {
  // Loaded by whoever has apps with keys, when it is used first.
  const { compactVerify, errors } = await import('jose')
  try {
    await compactVerify(text, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
