import type { AppGrant } from '../../create-app-grant.ts'
import { invalidRequest } from '../wire/http-error.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { formRoute } from './form-endpoint.ts'

/**
 * POST /revoke (HTTP-4). `token_type_hint` is ignored: the prefix of a token identifies its type.
 *
 * @see [RFC 7009 - OAuth 2.0 Token Revocation](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)
 */
export function revokeRoute(core: AppGrant): Route {
  return formRoute(core, {
    path: '/revoke',
    isForPages: true,
    async respond({ form, client, context }) {
      const token = form.get('token')
      if (token === undefined) throw invalidRequest('token is missing')
      await core.authorizer.revokeToken({ ...context, ...client, token })
      // Some clients reject a response that is not JSON.
      return jsonResponse({})
    },
  })
}
