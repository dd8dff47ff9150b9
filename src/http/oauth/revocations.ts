import type { AppGrant } from '../../create-app-grant.ts'
import { HttpError } from '../wire/http-error.ts'
import { jwtResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { asConfidential } from './client-authentication.ts'
import { formRoute } from './form-endpoint.ts'

/** POST /revocations (REV-8): a part of the revocation feed, for resource servers. */
export function revocationsRoute(core: AppGrant, feed: NonNullable<AppGrant['revocationFeed']>): Route {
  return formRoute(core, {
    path: '/revocations',
    isForPages: false,
    async respond({ form, client, context }) {
      const { key, resourceServer } = await core.authorizer.authenticateApp({ ...context, ...asConfidential(client) })
      if (resourceServer === undefined)
        throw new HttpError(400, 'unauthorized_client', 'only a resource server may read the revocation feed')
      return jwtResponse(await feed.read({ reader: key, cursor: form.get('cursor') }))
    },
  })
}
