import { isAppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { RegisteredApp } from '../../domain/authorization/registration.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
import { readForm } from '../wire/request-body.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertInBody } from './form-endpoint.ts'

/**
 * POST /register-app/token: exchanges the code of a registration in the browser for the key and the secret of the app (WEB-3). The code
 * and its verifier authenticate the request, because there is no app yet.
 *
 * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.1)
 */
export function registerAppTokenRoute(core: AppGrant): Route {
  return {
    method: 'POST',
    path: '/register-app/token',
    errorFormat: 'oauth',
    async respond(call) {
      assertInBody(call)
      const form = await readForm(call.request)
      const needed = (name: string): string => {
        const value = form.get(name)
        if (value === undefined) throw invalidRequest(`${name} is missing`)
        return value
      }
      const input = {
        code: needed('code'),
        codeVerifier: needed('code_verifier'),
        redirectUrl: needed('redirect_uri'),
      }
      const registered = await core.authorizer.exchangeRegistration({ ...call.context, ...input }).catch(asOwnCode)
      return jsonResponse(wireApp(registered), { status: 201 })
    },
  }
}

/** At /token the limit is one more reason why a code is not valid. Here the app should know it. */
function asOwnCode(error: unknown): never {
  if (isAppGrantError(error, 'app_limit_reached')) throw new HttpError(400, error.code, error.message)
  throw error
}

function wireApp({ app, secret, authorizationCode }: RegisteredApp): Record<string, unknown> {
  const { homepage, adminEmail, image } = app
  return {
    client_id: app.key,
    client_id_issued_at: Math.floor(app.createdAt.getTime() / 1000),
    client_secret: secret,
    client_secret_expires_at: 0,
    client_name: app.name,
    client_uri: homepage,
    contacts: [adminEmail],
    ...(image !== undefined && { logo_uri: image }),
    redirect_uris: app.redirectUrls,
    ...(app.scopes.length > 0 && { scope: app.scopes.join(' ') }),
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(authorizationCode !== undefined && { authorization_code: authorizationCode }),
  }
}
