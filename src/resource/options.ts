import { invalidOption } from '../base/errors.ts'
import { assertOptions, type KnownMembers } from '../base/known-members.ts'
import { parseUrl } from '../base/parse-url.ts'
import { resourceSpellings } from '../base/resource-spellings.ts'
import type { ClaimRules } from '../credentials/jwt/claims.ts'
import { isIssuer, isProtected } from '../domain/input/issuer.ts'

const TIMEOUT_MS = 3000
const MAX_TIMEOUT_MS = 60_000
/** Tolerated clock difference between the issuer and this service. */
export const TOLERANCE_MS = 5000

/** Options of both verifiers. */
export interface ResourceOptions {
  /** The issuer of the tokens, exactly as the platform has configured it. */
  readonly issuer: string
  /**
   * The identifier of this resource: tokens for other resources are rejected.
   *
   * @see [RFC 8707 - Resource Indicators for OAuth 2.0](https://www.rfc-editor.org/rfc/rfc8707.html#section-2)
   */
  readonly audience: string
  /** The timeout of a request to the issuer, in ms, 1–60 000. Default is 3000. */
  readonly timeoutMs?: number | undefined
}

/** The validated options, with defaults applied. */
export interface CheckedResource {
  readonly issuer: string
  readonly audience: string
  readonly timeoutMs: number
}

/** The members of {@link ResourceOptions}. */
export const RESOURCE_OPTIONS = { issuer: true, audience: true, timeoutMs: true } as const

/** @throws TypeError that names the invalid option. */
export function checkResourceOptions(name: string, options: ResourceOptions, known: KnownMembers): CheckedResource {
  assertOptions(name, options, known)
  const { issuer, audience, timeoutMs = TIMEOUT_MS } = options
  if (!isIssuer(issuer))
    throw invalidOption(name, 'issuer', 'the issuer as configured by the platform, an https URL', issuer)
  if (typeof audience !== 'string' || audience === '')
    throw invalidOption(
      name,
      'audience',
      'the identifier of this resource, one of the `resources` of the platform',
      audience,
    )
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS)
    throw invalidOption(name, 'timeoutMs', `an integer from 1 to ${MAX_TIMEOUT_MS}`, timeoutMs)
  return { issuer, audience, timeoutMs }
}

/** The rules for the claims of a token for this resource, at the current time. */
export function claimRules({ issuer, audience }: ResourceOptions): ClaimRules {
  return { issuer, audience: resourceSpellings(audience), now: Date.now(), toleranceMs: TOLERANCE_MS }
}

/** Parses a URL to be fetched. @throws TypeError that names the invalid option. */
export function checkUrl(name: string, option: string, given: unknown): URL {
  const url = typeof given === 'string' ? parseUrl(given) : undefined
  if (!url || !isProtected(url) || url.username !== '' || url.password !== '' || url.hash !== '')
    throw invalidOption(
      name,
      option,
      'an https URL (or http on a loopback address, for development) without credentials or fragment',
      given,
    )
  return url
}
