import { isAppGrantError } from '../base/errors.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { IncomingRequest } from './incoming.ts'
import type { Form } from './request-body.ts'

/**
 * Lets a page read the answer to a request of a public app, where the page is of the origin of one of its redirect URLs
 * (HTTP-6). Cookies never count there, so nothing is said of credentials.
 */
export async function corsHeaders(
  grants: AppGrant,
  { headers }: IncomingRequest,
  form: Form,
): Promise<Readonly<Record<string, string>> | undefined> {
  const origin = headers.get('origin')
  const key = form.get('client_id')
  const isPublic = !headers.has('authorization') && !form.has('client_secret')
  if (origin === null || key === undefined || !isPublic) return undefined
  const app = await grants.apps.get(key).catch(unknownInOutage)
  const isTheirs = app?.public && app.redirectUrls.some((url) => new URL(url).origin === origin)
  return isTheirs ? { 'access-control-allow-origin': origin, vary: 'Origin' } : undefined
}

/** The endpoint itself says what is down. */
function unknownInOutage(error: unknown): undefined {
  if (!isAppGrantError(error)) throw error
}
