import { parseUrl } from '../../base/parse-url.ts'
import { isProtected } from '../../domain/input/issuer.ts'
import { emptyResponse } from './response.ts'
import type { Route } from './router.ts'

/** Which pages of other origins may use an endpoint: all, or those of public apps. */
type Readers = 'everyone' | 'apps'

const MAX_AGE_SECONDS = '3600'
/** Names of headers. A longer list than any client needs is not repeated. */
const HEADER_NAMES = /^(?=.{1,1024}$)[A-Za-z0-9_-]+(?: *, *[A-Za-z0-9_-]+)*$/

/**
 * A route with the OPTIONS that browsers send before it (HTTP-10). A preflight request does not say which app it is for, so it is
 * allowed to every origin that an app could have; the response itself is readable only by the pages of the app.
 *
 * @see [Fetch - CORS-preflight fetch](https://fetch.spec.whatwg.org/#cors-preflight-fetch)
 */
export function withPreflight(route: Route, readers: Readers): readonly Route[] {
  const methods = route.method === 'GET' ? 'GET, HEAD, OPTIONS' : `${route.method}, OPTIONS`
  const respond: Route['respond'] = async ({ request: { headers } }) => {
    const origin = headers.get('origin') ?? ''
    const allowed = readers === 'everyone' ? '*' : isOriginOfApp(origin) ? origin : undefined
    const asked = headers.get('access-control-request-headers') ?? ''
    const cors = allowed !== undefined && {
      'access-control-allow-origin': allowed,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': HEADER_NAMES.test(asked) ? asked : 'authorization, content-type',
      'access-control-max-age': MAX_AGE_SECONDS,
    }
    const vary = 'Origin, Access-Control-Request-Headers'
    return emptyResponse({ status: 204, headers: { allow: methods, vary, ...cors } })
  }
  return [route, { method: 'OPTIONS', path: route.path, errorFormat: route.errorFormat, respond }]
}

function isOriginOfApp(origin: string): boolean {
  const url = parseUrl(origin)
  return url !== undefined && url.origin === origin && isProtected(url)
}
