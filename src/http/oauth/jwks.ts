import type { AppGrant } from '../../create-app-grant.ts'
import { publicResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'

export const JWKS_PATH = '/jwks.json'
/** How long caches may keep the key set, and so how long a key must be published before it signs. */
const MAX_AGE_SECONDS = 600

/**
 * GET /jwks.json: the public keys of signed access tokens.
 *
 * @see [RFC 7517 - JSON Web Key](https://www.rfc-editor.org/rfc/rfc7517.html#section-5)
 */
export function jwksRoute(jwks: NonNullable<AppGrant['jwks']>): Route {
  return {
    method: 'GET',
    path: JWKS_PATH,
    errorFormat: 'oauth',
    respond: async () => publicResponse(await jwks(), { maxAgeSeconds: MAX_AGE_SECONDS }),
  }
}
