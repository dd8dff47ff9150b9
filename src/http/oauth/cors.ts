import { isAppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { AppCredentials } from '../../domain/apps/authenticate-app.ts'
import type { IncomingRequest } from '../wire/request.ts'
import type { Form } from '../wire/request-body.ts'

/**
 * The CORS headers that let a page read the response to a request of a public app; undefined unless the page has the origin of
 * one of the app's redirect URLs (HTTP-6). Cookies are not used, so `access-control-allow-credentials` is not sent.
 */
export async function corsHeaders(
  core: AppGrant,
  { headers }: IncomingRequest,
  { client, form }: { readonly client: AppCredentials; readonly form: Form },
): Promise<Readonly<Record<string, string>> | undefined> {
  const origin = headers.get('origin')
  if (origin === null || client.secret !== undefined || client.assertion !== undefined) return undefined
  const { key } = client
  const credential = form.get('code') ?? form.get('refresh_token') ?? form.get('token')
  const isTheirs = origin !== OPAQUE && ((await isOfProgram(origin)) || (await isOfApp()))
  const exposed = core.dpop && { 'access-control-expose-headers': 'DPoP-Nonce' }
  return isTheirs ? { 'access-control-allow-origin': origin, vary: 'Origin', ...exposed } : undefined

  async function isOfProgram(origin: string): Promise<boolean | undefined> {
    return core.selfRegistration?.hasOrigin(key, origin, credential).catch(unknownInOutage)
  }

  async function isOfApp(): Promise<boolean> {
    const app = await core.apps.get(key).catch(unknownInOutage)
    return app?.public === true && app.redirectUrls.some((url) => new URL(url).origin === origin)
  }
}

/** The origin of every URL of a private-use scheme, and what a sandboxed page sends. It proves nothing. */
const OPAQUE = 'null'

/** The endpoint reports the outage itself. */
function unknownInOutage(error: unknown): undefined {
  if (!isAppGrantError(error)) throw error
}
