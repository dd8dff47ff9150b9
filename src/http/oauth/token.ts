import type { AppGrant } from '../../create-app-grant.ts'
import { DEVICE_CODE_GRANT } from '../../domain/input/device-code-grant.ts'
import type { TokenResponse } from '../../domain/tokens/access-token-issuer.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
import type { Form } from '../wire/request-body.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import { formRoute } from './form-endpoint.ts'
import { refreshToken } from './refresh-token.ts'
import type { TokenGrant } from './token-grant.ts'

const GRANTS: ReadonlyMap<string, TokenGrant> = new Map([
  ['client_credentials', clientCredentials],
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  [DEVICE_CODE_GRANT, deviceCode],
])

/** The parameters that only one grant type accepts. Some clients send `redirect_uri` with all: elsewhere it is ignored (HTTP-12). */
const OF_ONE_GRANT = [...GRANTS.values()].flatMap(({ needs }) => needs).filter((name) => name !== 'redirect_uri')

/** Those that are served without an option. */
export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()].filter((name) => name !== DEVICE_CODE_GRANT)

/**
 * POST /token: issues tokens.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export function tokenRoute(core: AppGrant): Route {
  const served = core.devices ? [...GRANTS.keys()] : GRANT_TYPES
  return formRoute(core, {
    path: '/token',
    isForPages: true,
    list: 'resource',
    async respond(call) {
      const type = call.form.get('grant_type')
      if (type === undefined) throw invalidRequest('grant_type is missing')
      const grant = served.includes(type) ? GRANTS.get(type) : undefined
      if (!grant) throw unsupportedGrant(served)
      assertOwnParameters(grant, call.form)
      const token = wireToken(await grant.issue(core, call))
      // The next proof needs a nonce that is not older than this response.
      const nonce = call.headers.has('dpop') ? core.dpop?.nonce() : undefined
      return nonce === undefined ? jsonResponse(token) : jsonResponse(token, { headers: { 'dpop-nonce': nonce } })
    },
  })
}

function unsupportedGrant(served: readonly string[]): HttpError {
  return new HttpError(400, 'unsupported_grant_type', `grant_type must be one of ${served.join(', ')}`)
}

/** Rejects parameters of another grant before anything is consumed. */
function assertOwnParameters({ needs }: TokenGrant, form: Form): void {
  // A form with nothing but grant_type needs no search.
  const foreign = form.size === 1 ? undefined : OF_ONE_GRANT.find((name) => form.has(name) && !needs.includes(name))
  if (foreign !== undefined) throw invalidRequest(`${foreign} is not a parameter of this grant_type`)
}

function wireToken({
  accessToken,
  tokenType,
  expiresInSeconds,
  scope,
  refreshToken,
}: TokenResponse): Record<string, unknown> {
  const token: Record<string, unknown> = {
    access_token: accessToken,
    token_type: tokenType,
    expires_in: expiresInSeconds,
  }
  if (refreshToken !== undefined) token.refresh_token = refreshToken
  if (scope.length > 0) token.scope = scope.join(' ')
  return token
}
