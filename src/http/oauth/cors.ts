import { isAppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { IncomingRequest } from '../wire/request.ts'
import type { Form } from '../wire/request-body.ts'

/**
 * The CORS headers that let a page read the response to a request of a public app; undefined unless the page has the origin of
 * one of the app's redirect URLs (HTTP-6). Cookies are not used, so `access-control-allow-credentials` is not sent.
 */
export async function corsHeaders(
  core: AppGrant,
  { headers }: IncomingRequest,
  form: Form,
): Promise<Readonly<Record<string, string>> | undefined> {
  const origin = headers.get('origin')
  const key = form.get('client_id')
  const isPublic = !headers.has('authorization') && !form.has('client_secret')
  if (origin === null || key === undefined || !isPublic) return undefined
  const app = await core.apps.get(key).catch(unknownInOutage)
  const isTheirs = app?.public && origin !== OPAQUE && app.redirectUrls.some((url) => new URL(url).origin === origin)
  return isTheirs ? { 'access-control-allow-origin': origin, vary: 'Origin' } : undefined
}

/** The origin of every URL of a private-use scheme, and what a sandboxed page sends. It proves nothing. */
const OPAQUE = 'null'

/** The endpoint reports the outage itself. */
function unknownInOutage(error: unknown): undefined {
  if (!isAppGrantError(error)) throw error
}
