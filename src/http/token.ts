import type { AppGrant } from '../create-app-grant.ts'
import type { Granted } from '../domain/access-tokens.ts'
import { jsonAnswer } from './answer.ts'
import { type FormCall, formRoute } from './form-endpoint.ts'
import { HttpError, invalidRequest } from './http-error.ts'
import type { Form } from './request-body.ts'
import type { Route } from './routes.ts'

/** The grants of the token endpoint by their `grant_type`. */
const GRANTS: ReadonlyMap<string, (grants: AppGrant, call: FormCall) => Promise<Granted>> = new Map([
  [
    'client_credentials',
    ({ authorizer }, { form, client, facts }) =>
      // No secret is a wrong one: this grant is for apps that can prove themselves.
      authorizer.grantTrusted({ ...facts, key: client.key, secret: client.secret ?? '', ...scopeOf(form) }),
  ],
])

/** What the metadata says of it. */
export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()]

/**
 * POST /token.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export function tokenRoute(grants: AppGrant): Route {
  return formRoute(grants, {
    path: '/token',
    isForPages: true,
    async answer(call) {
      const type = call.form.get('grant_type')
      if (type === undefined) throw invalidRequest('grant_type is missing')
      const grant = GRANTS.get(type)
      if (!grant) throw new HttpError(400, 'unsupported_grant_type', 'this grant_type is not supported')
      return jsonAnswer(wireToken(await grant(grants, call)))
    },
  })
}

/** The scope that is asked for, as a list. */
export function scopeOf(form: Form): { readonly scope?: readonly string[] } {
  const scope = form.get('scope')
  return scope === undefined ? {} : { scope: scope.split(' ') }
}

function wireToken({ accessToken, expiresInSeconds, scope }: Granted): Record<string, unknown> {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
  }
}
