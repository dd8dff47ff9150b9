import { isAppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import { DEVICE_CODE_GRANT } from '../../domain/input/device-code-grant.ts'
import { errorResponse } from '../wire/error-response.ts'
import { HttpError } from '../wire/http-error.ts'
import { readJson } from '../wire/request-body.ts'
import { jsonResponse, withHeaders } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'

type Metadata = Readonly<Record<string, unknown>>

/** Nothing that a browser adds proves anything here, so pages of every origin may use it. */
const CORS = { 'access-control-allow-origin': '*' }
/** The names of this endpoint for what the core calls otherwise. */
const NAMES: Readonly<Record<string, string>> = { name: 'client_name', redirectUrls: 'redirect_uris' }
const GRANTS: readonly string[] = ['authorization_code', 'refresh_token']
const TYPES = ['native', 'web']

/**
 * POST /register: registers a program that registers itself. The response depends on the request alone: nothing is read or written.
 *
 * @param options - `bindsKeys`: whether tokens can be bound to a key. If not, the client learns from the response that they are not.
 *   `hasDevices`: whether programs may use the device grant, too.
 * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#section-3)
 */
export function registerRoute(
  selfRegistration: NonNullable<AppGrant['selfRegistration']>,
  { bindsKeys, hasDevices }: { readonly bindsKeys: boolean; readonly hasDevices: boolean },
): Route {
  const served = hasDevices ? [...GRANTS, DEVICE_CODE_GRANT] : GRANTS
  const respond: Route['respond'] = async ({ request }) => {
    const metadata = await readJson(request)
    const grants = grantsIn(metadata, served)
    assertPossible(metadata)
    const { client_name: name, client_uri: homepage, redirect_uris: redirectUrls } = own(metadata)
    const { dpop_bound_access_tokens: dpopBoundAccessTokens } = bindsKeys ? own(metadata) : {}
    const client = selfRegistration.register({ name, homepage, redirectUrls, dpopBoundAccessTokens })
    const type = TYPES.find((one) => one === own(metadata).application_type)
    const response = {
      client_id: client.clientId,
      client_name: client.name,
      ...(client.homepage !== undefined && { client_uri: client.homepage }),
      redirect_uris: client.redirectUrls,
      ...(type !== undefined && { application_type: type }),
      // Also for a client that asked for a secret: it would have to be stored (RFC 7591 §3.2.1).
      token_endpoint_auth_method: 'none',
      grant_types: grants,
      response_types: ['code'],
      ...(client.dpopBoundAccessTokens && { dpop_bound_access_tokens: true }),
      scope: client.scopes.join(' '),
    }
    return jsonResponse(response, { status: 201, headers: CORS })
  }
  return {
    method: 'POST',
    path: '/register',
    errorFormat: 'oauth',
    async respond(call) {
      try {
        return await respond(call)
      } catch (error) {
        const refusal = errorResponse(asMetadataError(error), 'oauth', call.request.headers)
        if (!refusal) throw error
        return withHeaders(refusal, CORS)
      }
    },
  }
}

/** Only own members count, whatever the names. */
function own(metadata: Metadata): Metadata {
  return Object.assign(Object.create(null), metadata)
}

/** What the client asked for, without what there is not. The default of RFC 7591 has no refresh token, but all of them get one. */
function grantsIn(metadata: Metadata, served: readonly string[]): readonly string[] {
  const { grant_types: asked = GRANTS } = own(metadata)
  const grants = Array.isArray(asked) ? served.filter((one) => asked.includes(one)) : []
  const first = served.filter((one) => one !== 'refresh_token')
  if (first.some((one) => grants.includes(one))) return grants
  throw invalidMetadata(`grant_types must contain ${first.join(' or ')}`)
}

function assertPossible(metadata: Metadata): void {
  const { response_types: types = ['code'], jwks, jwks_uri } = own(metadata)
  if (!Array.isArray(types) || !types.includes('code')) throw invalidMetadata('response_types must contain code')
  if (jwks !== undefined && jwks_uri !== undefined) throw invalidMetadata('jwks and jwks_uri must not be sent together')
}

function asMetadataError(error: unknown): unknown {
  if (!isAppGrantError(error, 'invalid_fields')) return error
  const { fields } = error.details
  const described = fields.map(({ field, expected }) => `${NAMES[field] ?? field}: expected ${expected}`).join('; ')
  const code = fields.some((one) => one.code === 'redirect_required')
    ? 'invalid_redirect_uri'
    : 'invalid_client_metadata'
  return new HttpError(400, code, described)
}

function invalidMetadata(message: string): HttpError {
  return new HttpError(400, 'invalid_client_metadata', message)
}
