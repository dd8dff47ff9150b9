import type { ScopeDescription } from '../../domain/accounts/scopes.ts'
import { ASSERTION_ALGORITHMS } from '../../domain/apps/authenticate-app.ts'
import { DEVICE_CODE_GRANT } from '../../domain/input/device-code-grant.ts'
import { publishedScopes } from '../wire/published-scopes.ts'
import { publicResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { JWKS_PATH } from './jwks.ts'
import { GRANT_TYPES } from './token.ts'

/** The grant types if users cannot authorize apps. */
const WITHOUT_USERS: readonly string[] = ['client_credentials']
const CONFIDENTIAL_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
const MAX_AGE_SECONDS = 3600

/**
 * The metadata of this server. No URL in it comes from the request (HTTP-7).
 *
 * @param options - `asksUsers`: whether /authorize is served; `hasKeys`: whether /jwks.json is; `registers`: whether /register is;
 *   `hasDocuments`: whether the URL of a document is a client id; `hasDevices`: whether /device is; `pushedRequests`: undefined if /par is not; `dpopAlgorithms`: those of proofs, if
 *   tokens can be bound to a key; `scopes`: the catalogue; `acrValues`: how users can sign in. The metadata that depends on an endpoint
 *   is included only if it is served.
 * @see [RFC 8414 - OAuth 2.0 Authorization Server Metadata](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
 * @see [RFC 9470 - OAuth 2.0 Step Up Authentication Challenge Protocol](https://www.rfc-editor.org/rfc/rfc9470.html#section-7)
 */
export function metadataRoute(
  issuer: string,
  {
    asksUsers,
    hasKeys,
    registers,
    hasDocuments,
    dpopAlgorithms,
    hasDevices,
    pushedRequests,
    scopes,
    acrValues,
  }: {
    readonly asksUsers: boolean
    readonly hasKeys: boolean
    readonly registers: boolean
    readonly hasDocuments: boolean
    readonly dpopAlgorithms: readonly string[] | undefined
    readonly hasDevices: boolean
    readonly pushedRequests: { readonly areRequired: boolean } | undefined
    readonly scopes: readonly ScopeDescription[]
    readonly acrValues: readonly string[]
  },
): Route {
  const published = publishedScopes(scopes.map(({ name }) => name))
  const metadata = {
    issuer,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: asksUsers ? [...CONFIDENTIAL_METHODS, 'none'] : CONFIDENTIAL_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: [...CONFIDENTIAL_METHODS, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    grant_types_supported: [...(asksUsers ? GRANT_TYPES : WITHOUT_USERS), ...(hasDevices ? [DEVICE_CODE_GRANT] : [])],
    ...(published.length > 0 && { scopes_supported: published }),
    response_types_supported: asksUsers ? ['code'] : [],
    ...(asksUsers && {
      authorization_endpoint: `${issuer}/authorize`,
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      ...(acrValues.length > 0 && { acr_values_supported: acrValues }),
    }),
    ...(hasDevices && { device_authorization_endpoint: `${issuer}/device_authorization` }),
    ...(pushedRequests && {
      pushed_authorization_request_endpoint: `${issuer}/par`,
      require_pushed_authorization_requests: pushedRequests.areRequired,
    }),
    ...(registers && { registration_endpoint: `${issuer}/register` }),
    ...(hasDocuments && { client_id_metadata_document_supported: true }),
    ...(dpopAlgorithms && { dpop_signing_alg_values_supported: dpopAlgorithms }),
    ...(hasKeys && { jwks_uri: `${issuer}${JWKS_PATH}` }),
  }
  return {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    errorFormat: 'oauth',
    respond: async () => publicResponse(metadata, { maxAgeSeconds: MAX_AGE_SECONDS }),
  }
}
