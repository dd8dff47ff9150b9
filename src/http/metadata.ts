import { ASSERTION_ALGORITHMS } from '../domain/app-authentication.ts'
import type { Route } from './routes.ts'
import { GRANT_TYPES } from './token.ts'

/** What there is only where users can be asked: see {@link metadataRoute}. */
const WITHOUT_USERS: readonly string[] = ['client_credentials']
const WITH_PROOF = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
const HEADERS = {
  'content-type': 'application/json',
  'x-content-type-options': 'nosniff',
  'cache-control': 'public, max-age=3600',
  'access-control-allow-origin': '*',
} as const

/**
 * What clients find out about this server. No URL in it comes from the request (HTTP-7).
 *
 * @param asksUsers - whether /authorize is there. What follows from it is named only then.
 * @see [RFC 8414 - OAuth 2.0 Authorization Server Metadata](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
 */
export function metadataRoute(issuer: string, asksUsers: boolean): Route {
  const metadata = JSON.stringify({
    issuer,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: asksUsers ? [...WITH_PROOF, 'none'] : WITH_PROOF,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: [...WITH_PROOF, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: WITH_PROOF,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    grant_types_supported: asksUsers ? GRANT_TYPES : WITHOUT_USERS,
    response_types_supported: asksUsers ? ['code'] : [],
    ...(asksUsers && {
      authorization_endpoint: `${issuer}/authorize`,
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    }),
  })
  return {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    wire: 'oauth',
    answer: async () => new Response(metadata, { headers: HEADERS }),
  }
}
