import type { AppGrant } from '../../create-app-grant.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
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
      const [reader, silent, cursor] = ['reader', 'silent_seconds', 'cursor'].map((name) => form.get(name))
      if (reader === undefined || silent === undefined) throw invalidRequest('reader and silent_seconds are required')
      return jwtResponse(await feed.read({ app: key, reader, silentSeconds: wholeNumber(silent), cursor }))
    },
  })
}

/** Not what `Number` makes of it, which accepts much else. */
function wholeNumber(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
}
