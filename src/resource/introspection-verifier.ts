import { invalidOption } from '../base/errors.ts'
import { knownMembers } from '../base/known-members.ts'
import { readClaims } from '../credentials/jwt/claims.ts'
import { MAX_SIGNED_TOKEN } from '../credentials/jwt/compact.ts'
import { createCachingVerifier } from '../domain/tokens/caching-verifier.ts'
import { accessOfClaims } from '../domain/tokens/token-claims.ts'
import { type Verification, type Verifier, verifyFailure } from '../domain/tokens/verification.ts'
import { fetchWhole, issuerAhead, issuerUnavailable } from './issuer-response.ts'
import { checkResourceOptions, checkUrl, claimRules, RESOURCE_OPTIONS, type ResourceOptions } from './options.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
// The token syntax of the Authorization header (RFC 6750 §2.1). Anything else is rejected without a request.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** Options of {@link introspectionVerifier}. */
export interface IntrospectionOptions extends ResourceOptions {
  /** The key of the app that is the resource server of `audience`, as set by `apps.setResourceServer`. */
  readonly key: string
  /**
   * The secret of that app or, if the app has keys instead, a function that returns a new assertion for each request.
   *
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
   */
  readonly secret: string | (() => string | Promise<string>)
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
  const { key, secret } = options
  if (typeof key !== 'string' || key === '') throw invalidOption(name, 'key', 'the key of the resource server', key)
  if ((typeof secret !== 'string' || secret === '') && typeof secret !== 'function')
    throw invalidOption(
      name,
      'secret',
      'the secret of the resource server, or a function that returns an assertion',
      secret,
      { isSecret: true },
    )
  const endpoint = checkUrl(name, 'endpoint', options.endpoint ?? `${resource.issuer}/introspect`)

  return createCachingVerifier(
    { verify },
    { watch: undefined, maxLength: MAX_SIGNED_TOKEN, clock: Date.now, steadyClock: () => performance.now() },
  )

  async function verify(token: unknown): Promise<Verification> {
    if (typeof token !== 'string' || token.length > MAX_SIGNED_TOKEN || !TOKEN.test(token))
      return verifyFailure('malformed')
    const members = await introspect(token).catch((cause) => {
      throw issuerUnavailable(cause, `The introspection request to ${endpoint} failed. See the cause.`)
    })
    if (!members.active) return verifyFailure('unknown')
    const claims = readClaims(members, claimRules(resource))
    if (claims === 'early') throw issuerAhead()
    return typeof claims === 'string' ? verifyFailure(claims) : accessOfClaims(claims)
  }

  async function introspect(token: string): Promise<{ readonly active: boolean; readonly [member: string]: unknown }> {
    const { header, form } = await credentials()
    const response = await fetchWhole(endpoint, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...header },
      body: new URLSearchParams({ token, ...form }).toString(),
      signal: AbortSignal.timeout(resource.timeoutMs),
    })
    const body = (await response.json().catch(() => undefined)) as { active?: unknown; error?: unknown } | undefined
    if (response.status !== 200 || typeof body?.active !== 'boolean')
      throw new Error(`expected an introspection response, received status ${response.status}${errorCode(body?.error)}`)
    return { ...body, active: body.active }
  }

  async function credentials() {
    if (typeof secret === 'function') {
      const form = { client_id: key, client_assertion_type: ASSERTION_TYPE, client_assertion: await secret() }
      return { header: {}, form }
    }
    return { header: { authorization: `Basic ${btoa(`${formEncoded(key)}:${formEncoded(secret)}`)}` }, form: {} }
  }
}

/** @see RFC 6749 §2.3.1 */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** An OAuth error code, and never other text, which could repeat parts of the request. */
function errorCode(error: unknown): string {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
}
