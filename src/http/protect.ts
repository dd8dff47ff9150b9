import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'
import { spacedList } from '../domain/input/spaced-list.ts'
import {
  areAcrValues,
  isSignInAge,
  meetsNeeds,
  SIGN_IN_AGE,
  type SignInNeeds,
} from '../domain/input/user-authentication.ts'
import { type Access, isStaleness, STALENESS, type Verifier } from '../domain/tokens/verification.ts'
import { outageResponse } from './wire/error-response.ts'
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
}

const OPTIONS = knownMembers<ProtectOptions>(
  { scope: true, maxStalenessMs: true, audience: true, metadata: true, maxAgeSeconds: true, acr: true },
  { maxAge: 'maxAgeSeconds', max_age: 'maxAgeSeconds', acrValues: 'acr', acr_values: 'acr' },
)

/**
 * Protects a resource with bearer tokens. The function it returns resolves to the access of a valid token, or to the 400, 401,
 * 403 or 503 response to send instead. It rejects only if `verifier` fails with an error that is not an outage.
 *
 * @param verifier - `appgrant.authorizer`, or a verifier of `appgrant/resource`.
 * @throws TypeError if an option is invalid; the message names the option.
 * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 * @example
 * ```ts
 * const guard = protect(appgrant.authorizer, { scope: 'calls:read' })
 * const access = await guard(new Request('https://api.example.com/calls'))
 * const response = access instanceof Response ? access : Response.json({ account: access.account })
 * ```
 */
export function protect(
  verifier: Pick<Verifier, 'tryVerify'>,
  options: ProtectOptions = {},
): (request: Request) => Promise<Access | Response> {
  const guard = createBearerGuard(verifier, options)
  return async ({ headers }) => {
    const result = await guard(headers.get('authorization'))
    return result instanceof PlainResponse ? toResponse(result) : result
  }
}

/** {@link protect} for the value of an Authorization header. */
export function createBearerGuard(
  verifier: Pick<Verifier, 'tryVerify'>,
  options: ProtectOptions = {},
): (authorization: string | null) => Promise<Access | PlainResponse> {
  const { needed, verifyOptions, parameters, needs, needParameters } = checkOptions(verifier, options)
  const refuse = (status: number, error: string, description: string, more: Partial<Challenged> = {}) => {
    const values = [`error="${error}"`, `error_description="${description}"`, ...(more.parameters ?? []), ...parameters]
    const headers = { 'www-authenticate': `Bearer ${values.join(', ')}` }
    return jsonResponse({ error, error_description: description, ...more.members }, { status, headers })
  }
  // Without bearer credentials the challenge contains no error code (RFC 6750 §3.1).
  const unauthenticated = emptyResponse({
    status: 401,
    headers: { 'www-authenticate': `Bearer ${parameters.join(', ')}`.trimEnd() },
  })

  return async (authorization) => {
    const isBearer = authorization !== null && /^bearer(?: |$)/i.test(authorization)
    if (!isBearer) return unauthenticated
    const [, token] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? []
    if (token === undefined) return refuse(400, 'invalid_request', 'the Authorization header is malformed')
    try {
      const access = await verifier.tryVerify(token, verifyOptions)
      if (!access.ok) return refuse(401, 'invalid_token', 'the access token is not valid')
      if (!needed.every((scope) => access.scope.includes(scope))) {
        const description = 'the access token does not have the required scope'
        return refuse(403, 'insufficient_scope', description, { members: { scope: needed.join(' ') } })
      }
      if (meetsNeeds(needs, access, Date.now())) return access
      const description = 'the user must sign in again, as max_age and acr_values say'
      return refuse(401, 'insufficient_user_authentication', description, { parameters: needParameters })
    } catch (error) {
      const outage = outageResponse(error)
      if (outage) return outage
      throw error
    }
  }
}

/** What a challenge and its body say besides the error. */
interface Challenged {
  readonly parameters: readonly string[]
  readonly members: Readonly<Record<string, string>>
}

function checkOptions(verifier: Pick<Verifier, 'tryVerify'>, options: ProtectOptions) {
  if (typeof verifier?.tryVerify !== 'function')
    throw invalidOption('protect', 'verifier', 'an object with tryVerify(), e.g. appgrant.authorizer', verifier)
  assertOptions('protect', options, OPTIONS)
  const { scope = '', maxStalenessMs, audience, metadata = false, maxAgeSeconds, acr } = options
  if (typeof scope !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(scope))
    throw invalidOption('protect', 'scope', 'scopes separated by spaces', scope)
  if (!isStaleness(maxStalenessMs)) throw invalidOption('protect', 'maxStalenessMs', STALENESS, maxStalenessMs)
  if (audience !== undefined && typeof audience !== 'string')
    throw invalidOption('protect', 'audience', 'the identifier of the resource', audience)
  if (typeof metadata !== 'boolean') throw invalidOption('protect', 'metadata', 'true or false', metadata)
  if (maxAgeSeconds !== undefined && !isSignInAge(maxAgeSeconds))
    throw invalidOption('protect', 'maxAgeSeconds', SIGN_IN_AGE, maxAgeSeconds)
  const acrValues = typeof acr === 'string' ? spacedList(acr) : undefined
  if (acr !== undefined && !(acrValues && areAcrValues(acrValues)))
    throw invalidOption('protect', 'acr', '1–20 authentication context classes separated by spaces', acr)
  const needs: SignInNeeds = { ...(maxAgeSeconds !== undefined && { maxAgeSeconds }), ...(acrValues && { acrValues }) }
  const address = metadata ? resourceMetadataUrl(audience) : undefined
  if (metadata && address === undefined)
    throw invalidOption('protect', 'audience', `${METADATA_RESOURCE}, because metadata is true`, audience)
  const needed = spacedList(scope) ?? []
  const published = publishedScopes(needed)
  return {
    needed,
    verifyOptions: { maxStalenessMs, audience },
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
