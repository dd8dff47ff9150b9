import { knownMembers } from '../base/known-members.ts'
import { readClaims } from '../credentials/jwt/claims.ts'
import { MAX_SIGNED_TOKEN } from '../credentials/jwt/compact.ts'
import { createCachingVerifier } from '../domain/tokens/caching-verifier.ts'
import { accessOfClaims } from '../domain/tokens/token-claims.ts'
import {
  isStaleness,
  MAX_STALENESS_MS,
  type Verification,
  type Verifier,
  verifyFailure,
} from '../domain/tokens/verification.ts'
import { issuerAhead, issuerUnavailable } from './issuer-response.ts'
import { checkResourceOptions, checkUrl, claimRules, RESOURCE_OPTIONS, type ResourceOptions } from './options.ts'
import { errorCode, type ResourceServerCredentials, resourceServerClient } from './resource-server-client.ts'

// The token syntax of the Authorization header (RFC 6750 §2.1). Anything else is rejected without a request.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** Options of {@link introspectionVerifier}. */
export interface IntrospectionOptions extends ResourceOptions, ResourceServerCredentials {
  /** The URL of the introspection endpoint. Default is `/introspect` under the issuer. */
  readonly endpoint?: string | undefined
}

const OPTIONS = knownMembers<IntrospectionOptions>({ ...RESOURCE_OPTIONS, key: true, secret: true, endpoint: true })

/**
 * Verifies access tokens of either format by introspection at the platform. A revoked token is rejected at once or, with
 * `maxStalenessMs`, when its cached acceptance is that old.
 *
 * Verification rejects with `issuer_unavailable` if the platform does not respond or its response is not as expected; respond
 * with 503 then. The reason for a token that the platform rejects is always `unknown`, because introspection does not report one.
 *
 * @throws TypeError if an option is invalid; the message names the option.
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html)
 * @example
 * ```ts
 * const verifier = introspectionVerifier({
 *   issuer: 'https://accounts.example.com', audience: 'https://api.example.com', key, secret,
 * })
 * const guard = protect(verifier, { scope: 'calls:read' })
 * ```
 */
export function introspectionVerifier(options: IntrospectionOptions): Verifier {
  const name = 'introspectionVerifier'
  const resource = checkResourceOptions(name, options, OPTIONS)
  const platform = resourceServerClient(name, options, resource)
  const endpoint = checkUrl(name, 'endpoint', options.endpoint ?? `${resource.issuer}/introspect`)

  let maxStalenessMs = MAX_STALENESS_MS

  return createCachingVerifier(
    { verify },
    {
      watch: undefined,
      maxStalenessMs: () => maxStalenessMs,
      maxLength: MAX_SIGNED_TOKEN,
      clock: Date.now,
      steadyClock: () => performance.now(),
    },
  )

  async function verify(token: unknown): Promise<Verification> {
    if (typeof token !== 'string' || token.length > MAX_SIGNED_TOKEN || !TOKEN.test(token))
      return verifyFailure('malformed')
    const members = await introspect(token).catch((cause) => {
      throw issuerUnavailable(cause, `The introspection request to ${endpoint} failed. See the cause.`)
    })
    if (!members.active) return verifyFailure('unknown')
    // As the platform said last: it waits no longer before it issues a receipt.
    if (isStaleness(members.max_staleness_ms)) maxStalenessMs = members.max_staleness_ms ?? MAX_STALENESS_MS
    const claims = readClaims(members, claimRules(resource))
    if (claims === 'early') throw issuerAhead()
    return typeof claims === 'string' ? verifyFailure(claims) : accessOfClaims(claims)
  }

  async function introspect(token: string): Promise<{ readonly active: boolean; readonly [member: string]: unknown }> {
    const response = await platform.post(endpoint, { token }, 'application/json')
    const body = (await response.json().catch(() => undefined)) as { active?: unknown; error?: unknown } | undefined
    if (response.status !== 200 || typeof body?.active !== 'boolean')
      throw new Error(`expected an introspection response, received status ${response.status}${errorCode(body?.error)}`)
    return { ...body, active: body.active }
  }
}
