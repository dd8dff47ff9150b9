import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'
import { resourceSpellings } from '../base/resource-spellings.ts'
import { spacedList } from '../domain/input/spaced-list.ts'
import {
  areAcrValues,
  isSignInAge,
  meetsNeeds,
  SIGN_IN_AGE,
  type SignInNeeds,
} from '../domain/input/user-authentication.ts'
import { DPOP_ALGORITHMS } from '../domain/tokens/proofs.ts'
import { type Access, isStaleness, STALENESS, type Verifier } from '../domain/tokens/verification.ts'
import { outageResponse } from './wire/error-response.ts'
import {
  createPossession,
  type GuardedRequest,
  type PossessionFault,
  type ResourceDpopOptions,
} from './wire/possession.ts'
import { publishedScopes } from './wire/published-scopes.ts'
import { METADATA_RESOURCE, resourceMetadataUrl } from './wire/resource-identifier.ts'
import { emptyResponse, jsonResponse, PlainResponse, toResponse } from './wire/response.ts'

/** The requirements of a resource on access tokens. */
export interface ProtectOptions {
  /** The scopes that a token must have, all of them, separated by spaces. Default is none. */
  readonly scope?: string | undefined
  /**
   * WARNING: a revoked token may be accepted for this long. The maximum age of a cached acceptance, in ms, 0–300 000.
   * Default is 0: every request is checked against the current state.
   */
  readonly maxStalenessMs?: number | undefined
  /**
   * The identifier of this resource: tokens for other resources are rejected. Default is any of the option `resources`.
   *
   * @see [RFC 8707 - Resource Indicators for OAuth 2.0](https://www.rfc-editor.org/rfc/rfc8707.html#section-2)
   */
  readonly audience?: string | undefined
  /**
   * Whether challenges point to the metadata of `audience`, by which clients find the issuer. Serve it with `createResourceMetadata`
   * or the option `resourceMetadata` of `createHandler`. Default is false.
   *
   * @see [RFC 9728 - OAuth 2.0 Protected Resource Metadata](https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1)
   */
  readonly metadata?: boolean | undefined
  /**
   * How long ago the user may have signed in, in whole seconds, 60–31 536 000. An app whose user signed in earlier is told to ask for
   * authorization again with `max_age`. Tokens that no user authorized are rejected, and those for which the host has not said when
   * the user signed in: see `authenticatedAt` of `signIn`. Default is no limit.
   *
   * @see [RFC 9470 - OAuth 2.0 Step Up Authentication Challenge Protocol](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
   */
  readonly maxAgeSeconds?: number | undefined
  /**
   * How the user must have signed in: one of these authentication context classes, at most 20, separated by spaces, such as
   * `mfa`; the app is told to ask for them with `acr_values`. Default is any.
   */
  readonly acr?: string | undefined
  /**
   * How proofs of possession are checked: then tokens that are bound to a key are accepted with the scheme `DPoP`. Needs `audience` or
   * `url`. Default is none: such tokens are rejected. A bound token is never accepted as `Bearer`.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-7)
   */
  readonly dpop?: ResourceDpopOptions | undefined
}

const MAX_SHOWN = 20
const OPTIONS = knownMembers<ProtectOptions>(
  { scope: true, maxStalenessMs: true, audience: true, metadata: true, maxAgeSeconds: true, acr: true, dpop: true },
  { maxAge: 'maxAgeSeconds', max_age: 'maxAgeSeconds', acrValues: 'acr', acr_values: 'acr' },
)

/**
 * Protects a resource with bearer tokens and, by option, with tokens that are bound to a key. The function it returns resolves to
 * the access of a valid token, or to the 400, 401, 403 or 503 response to send instead. It rejects only if `verifier` fails with an
 * error that is not an outage.
 *
 * @param verifier - `appgrant.authorizer`, or a verifier of `appgrant/resource`.
 * @throws TypeError if an option is invalid, or if `scope` or `audience` is none of the platform's, so that every token would be
 *   rejected; the message names the option. Only `appgrant.authorizer` knows them.
 * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 * @example
 * ```ts
 * const guard = protect(appgrant.authorizer, { scope: 'calls:read' })
 * const access = await guard(new Request('https://api.example.com/calls'))
 * const response = access instanceof Response ? access : Response.json({ account: access.account })
 * ```
 */
export function protect(
  verifier: Pick<Verifier, 'tryVerify' | 'acceptable'>,
  options: ProtectOptions = {},
): (request: Request) => Promise<Access | Response> {
  const guard = createBearerGuard('protect', verifier, options)
  return async ({ headers, method, url }) => {
    const result = await guard({ header: (name) => headers.get(name), method, target: url })
    return result instanceof PlainResponse ? toResponse(result) : result.access
  }
}

/** The access of a request, and the nonce for the next proof of its client. */
export interface Guarded {
  readonly access: Access
  readonly nonce: string | undefined
}

/** {@link protect} for requests of any server. */
export function createBearerGuard(
  call: 'protect' | 'protectNode',
  verifier: Pick<Verifier, 'tryVerify' | 'acceptable'>,
  options: ProtectOptions = {},
): (request: GuardedRequest) => Promise<Guarded | PlainResponse> {
  const { needed, verifyOptions, parameters, needs, needParameters, possession } = checkOptions(call, verifier, options)
  const algorithms = `algs="${DPOP_ALGORITHMS.join(' ')}"`
  const other = possession ? `, DPoP ${algorithms}` : ''
  const refuse = (status: number, error: string, description: string, more: Partial<Challenged> = {}) => {
    const { scheme = 'Bearer', nonce } = more
    const values = [`error="${error}"`, `error_description="${description}"`, ...(more.parameters ?? []), ...parameters]
    const challenge = scheme === 'Bearer' ? values.join(', ') + other : [...values, algorithms].join(', ')
    const headers = {
      'www-authenticate': `${scheme} ${challenge}`,
      ...(nonce !== undefined && { 'dpop-nonce': nonce }),
    }
    return jsonResponse({ error, error_description: description, ...more.members }, { status, headers })
  }
  // Without credentials the challenge contains no error code (RFC 6750 §3.1).
  const unauthenticated = emptyResponse({
    status: 401,
    headers: { 'www-authenticate': `Bearer ${parameters.join(', ')}`.trimEnd() + other },
  })
  const boundOptions = { ...verifyOptions, acceptBound: true }

  return async (request) => {
    const authorization = request.header('authorization')
    const [, word = ''] = /^(bearer|dpop)(?: |$)/i.exec(authorization ?? '') ?? []
    const scheme = word.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer'
    const proving = scheme === 'DPoP' ? possession : undefined
    if (authorization === null || word === '' || (scheme === 'DPoP' && !proving)) return unauthenticated
    const [, token] = /^[a-z]+ +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? []
    if (token === undefined) return refuse(400, 'invalid_request', 'the Authorization header is malformed', { scheme })
    const proof = proving?.read(request, token)
    if (proof && 'error' in proof) return refuseProof(proof)
    try {
      const access = await verifier.tryVerify(token, proof ? boundOptions : verifyOptions)
      // A verifier of the host may not know of bound tokens.
      const isStolen = access.ok && access.jkt !== undefined && !proof
      if (!access.ok || isStolen) return refuse(401, 'invalid_token', 'the access token is not valid', { scheme })
      const fault = proof && (await possession?.confirm(proof, access.jkt))
      if (fault) return refuseProof(fault)
      if (!needed.every((scope) => access.scope.includes(scope))) {
        const description = 'the access token does not have the required scope'
        return refuse(403, 'insufficient_scope', description, { scheme, members: { scope: needed.join(' ') } })
      }
      if (meetsNeeds(needs, access, Date.now())) return { access, nonce: proof && possession?.nonce() }
      const description = 'the user must sign in again, as max_age and acr_values say'
      return refuse(401, 'insufficient_user_authentication', description, { scheme, parameters: needParameters })
    } catch (error) {
      const outage = outageResponse(error)
      if (outage) return outage
      throw error
    }
  }

  function refuseProof({ error, description }: PossessionFault): PlainResponse {
    const nonce = error === 'use_dpop_nonce' ? possession?.nonce() : undefined
    return refuse(401, error, description, { scheme: 'DPoP', nonce })
  }
}

/** What a challenge and its body say besides the error. */
interface Challenged {
  readonly scheme: 'Bearer' | 'DPoP'
  /** The nonce that the next proof must contain. */
  readonly nonce: string | undefined
  readonly parameters: readonly string[]
  readonly members: Readonly<Record<string, string>>
}

function checkOptions(call: string, verifier: Pick<Verifier, 'tryVerify' | 'acceptable'>, options: ProtectOptions) {
  if (typeof verifier?.tryVerify !== 'function')
    throw invalidOption(call, 'verifier', 'an object with tryVerify(), e.g. appgrant.authorizer', verifier)
  assertOptions(call, options, OPTIONS)
  const { scope = '', maxStalenessMs, audience, metadata = false, maxAgeSeconds, acr, dpop } = options
  if (typeof scope !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(scope))
    throw invalidOption(call, 'scope', 'scopes separated by spaces', scope)
  if (!isStaleness(maxStalenessMs)) throw invalidOption(call, 'maxStalenessMs', STALENESS, maxStalenessMs)
  if (audience !== undefined && typeof audience !== 'string')
    throw invalidOption(call, 'audience', 'the identifier of the resource', audience)
  if (typeof metadata !== 'boolean') throw invalidOption(call, 'metadata', 'true or false', metadata)
  if (maxAgeSeconds !== undefined && !isSignInAge(maxAgeSeconds))
    throw invalidOption(call, 'maxAgeSeconds', SIGN_IN_AGE, maxAgeSeconds)
  const acrValues = typeof acr === 'string' ? spacedList(acr) : undefined
  if (acr !== undefined && !(acrValues && areAcrValues(acrValues)))
    throw invalidOption(call, 'acr', '1–20 authentication context classes separated by spaces', acr)
  const needs: SignInNeeds = { ...(maxAgeSeconds !== undefined && { maxAgeSeconds }), ...(acrValues && { acrValues }) }
  const address = metadata ? resourceMetadataUrl(audience) : undefined
  if (metadata && address === undefined)
    throw invalidOption(call, 'audience', `${METADATA_RESOURCE}, because metadata is true`, audience)
  const needed = spacedList(scope) ?? []
  refuseUnacceptable(call, verifier, { needed, audience })
  const published = publishedScopes(needed)
  return {
    needed,
    verifyOptions: { maxStalenessMs, audience },
    possession: dpop === undefined ? undefined : createPossession(call, dpop, audience),
    needs,
    /** @see RFC 9470 §3 */
    needParameters: [
      ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
      ...(acrValues ? [`acr_values="${acrValues.join(' ')}"`] : []),
    ],
    /** What every challenge tells clients. @see RFC 9728 §5.1, RFC 6750 §3 */
    parameters: [
      ...(address === undefined ? [] : [`resource_metadata="${address}"`]),
      ...(published.length === 0 ? [] : [`scope="${published.join(' ')}"`]),
    ],
  }
}

/** @throws TypeError for what no token can meet: the guard would reject every request, and nobody would be told why. */
function refuseUnacceptable(
  call: string,
  { acceptable }: Pick<Verifier, 'acceptable'>,
  { needed, audience }: { readonly needed: readonly string[]; readonly audience: string | undefined },
): void {
  if (!acceptable) return
  const { scopes, resources } = acceptable
  const unknown = needed.find((one) => !scopes.includes(one))
  if (unknown !== undefined)
    throw invalidOption(call, 'scope', oneOf(scopes, 'scopes', 'the option scopes of createAppGrant'), unknown)
  if (audience !== undefined && !resourceSpellings(audience).some((one) => resources.includes(one)))
    throw invalidOption(
      call,
      'audience',
      oneOf(resources, 'resources', 'the option resources of createAppGrant, by default the issuer'),
      audience,
    )
}

function oneOf(known: readonly string[], what: string, where: string): string {
  const shown = known.slice(0, MAX_SHOWN)
  if (shown.length === 0) return `none, because there are no ${what}: see ${where}`
  return `one of ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}: see ${where}`
}
