import { HttpError } from './http-error.ts'
import type { IncomingRequest } from './incoming.ts'

/**
 * Refuses what a page of another origin made a browser send (HTTP-1): Sec-Fetch-Site says so; a browser too old for it
 * sends at least Origin with everything but GET and HEAD.
 *
 * @param origin - of the issuer.
 * @throws HttpError 403
 */
export function assertSameOrigin({ headers }: IncomingRequest, origin: string): void {
  const site = headers.get('sec-fetch-site')
  const isSameOrigin = site === null ? headers.get('origin') === origin : site === 'same-origin'
  if (!isSameOrigin) throw new HttpError(403, 'access_denied', 'changes are made from pages of the same origin only')
}

/**
 * The same for a form that carries a token of its own against forgery. Where a browser says only `Origin: null`, as one does
 * under our `Referrer-Policy: no-referrer` without knowing Sec-Fetch-Site, that token alone decides.
 *
 * @param origin - of the issuer.
 * @throws HttpError 403
 */
export function assertNotCrossSite(request: IncomingRequest, origin: string): void {
  const { headers } = request
  const saysNothing = !headers.has('sec-fetch-site') && (headers.get('origin') ?? 'null') === 'null'
  if (!saysNothing) assertSameOrigin(request, origin)
}
