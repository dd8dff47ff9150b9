import type { AppGrant } from '../../create-app-grant.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { formRoute } from './form-endpoint.ts'
import { dpopProofIn } from './token-grant.ts'

/**
 * POST /par: takes an authorization request of an app, and returns what stands for it at /authorize. Nothing is stored.
 *
 * @see [RFC 9126 - OAuth 2.0 Pushed Authorization Requests](https://www.rfc-editor.org/rfc/rfc9126.html#section-2)
 */
export function parRoute(core: AppGrant, pushedRequests: NonNullable<AppGrant['pushedRequests']>): Route {
  return formRoute(core, {
    path: '/par',
    isForPages: true,
    list: 'resource',
    async respond({ form, client, context, headers }) {
      const params = new URLSearchParams([...form])
      const credentials = { ...context, ...client, dpopProof: dpopProofIn({ headers }) }
      const { requestUri, expiresInSeconds } = await pushedRequests.push(params, credentials)
      return jsonResponse({ request_uri: requestUri, expires_in: expiresInSeconds }, { status: 201 })
    },
  })
}
