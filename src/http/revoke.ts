import type { AppGrant } from '../create-app-grant.ts'
import { emptyAnswer } from './answer.ts'
import { formRoute } from './form-endpoint.ts'
import { invalidRequest } from './http-error.ts'
import type { Route } from './routes.ts'

/**
 * POST /revoke (HTTP-4). `token_type_hint` is ignored: the prefix of a token identifies its type.
 *
 * @see [RFC 7009 - OAuth 2.0 Token Revocation](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)
 */
export function revokeRoute(grants: AppGrant): Route {
  return formRoute(grants, {
    path: '/revoke',
    isForPages: true,
    async answer({ form, client, facts }) {
      const token = form.get('token')
      if (token === undefined) throw invalidRequest('token is missing')
      await grants.authorizer.revokeToken({ ...facts, ...client, token })
      return emptyAnswer()
    },
  })
}
