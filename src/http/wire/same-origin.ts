import { type Events, emitTo } from '../../base/events.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { sourceInput } from '../../domain/input/input.ts'
import { HttpError } from './http-error.ts'
import type { IncomingRequest } from './request.ts'

/**
 * Whether a page of this very origin sent a change. Browsers say so in Sec-Fetch-Site, which no page can set; one that does not send
 * it sends at least Origin, with every method except GET and HEAD.
 */
export function isSameOrigin(headers: Pick<Headers, 'get'>, origin: string): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null ? headers.get('origin') === origin : site === 'same-origin'
}

/**
 * Rejects requests that a page of another origin made a browser send (HTTP-1).
 *
 * @param origin - the origin of the issuer.
 * @throws HttpError 403 if the request is not from the same origin.
 */
export function assertSameOrigin({ headers }: IncomingRequest, origin: string): void {
  if (!isSameOrigin(headers, origin))
    throw new HttpError(403, 'access_denied', 'changes are only accepted from the same origin')
}

/**
 * Like {@link assertSameOrigin}, for a form that contains a token against forgery. A browser without Sec-Fetch-Site sends
 * `Origin: null` under `Referrer-Policy: no-referrer`; then the token is the only protection.
 *
 * @param origin - the origin of the issuer.
 * @throws HttpError 403 if the request is from another origin.
 */
export function assertNotCrossSite(request: IncomingRequest, origin: string): void {
  const { headers } = request
  const saysNothing = !headers.has('sec-fetch-site') && (headers.get('origin') ?? 'null') === 'null'
  if (!saysNothing) assertSameOrigin(request, origin)
}

/**
 * Whether a browser opens the request as a page of its own, as its Sec-Fetch headers say; undefined if it sends none. A prefetch is
 * no navigation yet.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function navigates(headers: Pick<Headers, 'get' | 'has'>): boolean | undefined {
  const [mode, dest] = [headers.get('sec-fetch-mode'), headers.get('sec-fetch-dest')]
  // Browsers send all of them. The fetch of Node sends this one alone, and follows no user.
  if (mode === 'cors' && dest === null && !headers.has('sec-fetch-site')) return undefined
  if ((mode ?? 'navigate') !== 'navigate' || (dest ?? 'document') !== 'document' || headers.has('sec-purpose'))
    return false
  return mode === null || dest === null ? undefined : true
}

/**
 * Rejects what a page embeds or fetches, where only a user should go.
 *
 * @param isNavigation - the result of {@link navigates}.
 * @throws HttpError 403
 */
export function assertMayNavigate(isNavigation: boolean | undefined): void {
  if (isNavigation === false)
    throw new HttpError(403, 'access_denied', 'this address can only be opened as a page, not embedded or fetched')
}

/** Runs one of the checks above, and reports a request that it rejects as refused. */
export function reportingCrossSite(events: Events, facts: RequestContext, check: () => void): void {
  try {
    check()
  } catch (error) {
    emitTo(events, 'refused', { code: 'not_permitted', reason: 'cross_site_request', ...sourceInput(facts) })
    throw error
  }
}
