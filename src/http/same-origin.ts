import { HttpError } from './http-error.ts'

/**
 * Refuses what a page of another origin made a browser send (HTTP-1): Sec-Fetch-Site says so; a browser too old for it
 * sends at least Origin with everything but GET and HEAD.
 *
 * @param origin - of the issuer.
 * @throws HttpError 403
 */
export function assertSameOrigin({ headers }: Request, origin: string): void {
  const site = headers.get('sec-fetch-site')
  const isSameOrigin = site === null ? headers.get('origin') === origin : site === 'same-origin'
  if (!isSameOrigin) throw new HttpError(403, 'access_denied', 'changes are made from pages of the same origin only')
}
