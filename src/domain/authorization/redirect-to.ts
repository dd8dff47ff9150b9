import { withConcealed } from '../../credentials/concealed.ts'
import type { ConsentRequest } from '../../records/session.ts'
import type { Redirect } from './authorization.ts'
import type { RedirectedError } from './authorization-request.ts'

/**
 * The response to an app: a redirect with the result, the state and the issuer.
 *
 * @see RFC 6749 §4.1.2, RFC 9207 §2
 */
export function redirectTo(
  { redirectUrl, state }: Pick<ConsentRequest, 'redirectUrl' | 'state'>,
  result: { readonly code: string } | RedirectedError,
  issuer: string,
): Redirect {
  if (redirectUrl === undefined) throw new TypeError('a request of a device has no redirect URL')
  const query = new URLSearchParams({ ...result, ...(state !== undefined && { state }), iss: issuer })
  const location = `${redirectUrl}${redirectUrl.includes('?') ? '&' : '?'}${query}`
  return withConcealed({ step: 'redirect' } as const, { location })
}
