import { emitTo } from '../../base/events.ts'
import { resourceSpellings } from '../../base/resource-spellings.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { App } from '../../domain/apps/app.ts'
import { sourceInput } from '../../domain/input/input.ts'
import { tokenClaims } from '../../domain/tokens/token-claims.ts'
import type { Access } from '../../domain/tokens/verification.ts'
import { invalidRequest } from '../wire/http-error.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { asConfidential } from './client-authentication.ts'
import { formRoute } from './form-endpoint.ts'

/**
 * POST /introspect (HTTP-3). An app sees its own access tokens; anything else is reported as not active.
 *
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export function introspectRoute(core: AppGrant, issuer: string): Route {
  return formRoute(core, {
    path: '/introspect',
    isForPages: false,
    async respond({ form, client, context }) {
      const token = form.get('token')
      if (token === undefined) throw invalidRequest('token is missing')
      const app = await core.authorizer.authenticateApp({ ...context, ...asConfidential(client) })
      const access = await core.authorizer.tryVerify(token, { acceptBound: true })
      if (!access.ok) return jsonResponse({ active: false })
      if (maySee(app, access)) return jsonResponse(await introspection(access, core, issuer))
      const refusal = { code: 'foreign_token', reason: 'foreign_token', app: app.key } as const
      emitTo(core.events, 'refused', { ...refusal, ...sourceInput(context) })
      return jsonResponse({ active: false })
    },
  })
}

/** An app sees its own tokens; a resource server sees the tokens of every app for which it is an audience. */
function maySee({ key, resourceServer }: App, { app, audience }: Access): boolean {
  return (
    app.key === key ||
    (resourceServer !== undefined && resourceSpellings(resourceServer).some((one) => audience.includes(one)))
  )
}

async function introspection(access: Access, core: AppGrant, issuer: string): Promise<Record<string, unknown>> {
  const added = await core.claims?.(access)
  const [issuedAt, expiresAt] = [access.issuedAt.getTime(), access.expiresAt.getTime()]
  const claims = tokenClaims({ ...access, issuedAt, expiresAt }, issuer)
  const type = access.jkt === undefined ? 'Bearer' : 'DPoP'
  return { ...added, active: true, token_type: type, max_staleness_ms: core.maxStalenessMs, ...claims }
}
