import type { ClaimRules } from '../credentials/jwt/claims.ts'
import { parseUrl } from '../domain/fields/parse-url.ts'
import { isIssuer } from '../domain/issuer.ts'

const TIMEOUT_MS = 3000
const MAX_TIMEOUT_MS = 60_000
/** How far the clocks of the issuer and of this service may be apart. */
const TOLERANCE_MS = 5000

/** What both verifiers need to know. */
export interface ResourceOptions {
  /** The issuer of the tokens, exactly as the platform configured it. */
  readonly issuer: string
  /** The identifier of this resource: tokens for others are denied. @see RFC 8707 §2 */
  readonly audience: string
  /** How long the issuer may take to answer, in ms, 1–60 000. Default is 3000. */
  readonly timeoutMs?: number
}

/** @throws TypeError naming the option that is wrong. */
export function checkResourceOptions(
  name: string,
  { issuer, audience, timeoutMs = TIMEOUT_MS }: ResourceOptions,
): Required<ResourceOptions> {
  if (!isIssuer(issuer)) throw wrong(name, 'issuer', 'the issuer that the platform configured, an https URL')
  if (typeof audience !== 'string' || audience === '')
    throw wrong(name, 'audience', 'the identifier of this resource, one of the `resources` of the platform')
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS)
    throw wrong(name, 'timeoutMs', `an integer from 1 to ${MAX_TIMEOUT_MS}`)
  return { issuer, audience, timeoutMs }
}

/** What the claims of a token for this resource must be by now. */
export function claimRules({ issuer, audience }: ResourceOptions): ClaimRules {
  return { issuer, audience: [audience], now: Date.now(), toleranceMs: TOLERANCE_MS }
}

/** A URL that is called. @throws TypeError naming the option that is wrong. */
export function checkUrl(name: string, option: string, given: unknown): URL {
  const url = typeof given === 'string' ? parseUrl(given) : undefined
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.hash !== '')
    throw wrong(name, option, 'an http(s) URL without credentials and fragment')
  return url
}

export function wrong(name: string, option: string, expected: string): TypeError {
  return new TypeError(`${name}: ${option}: expected ${expected}`)
}
