import { emitTo } from '../base/events.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { App } from '../domain/app.ts'
import { sourceInput } from '../domain/input.ts'
import { tokenClaims } from '../domain/token-claims.ts'
import type { Access } from '../domain/verifier.ts'
import { jsonAnswer } from './answer.ts'
import { asProof } from './client-credentials.ts'
import { formRoute } from './form-endpoint.ts'
import { invalidRequest } from './http-error.ts'
import type { Route } from './routes.ts'

/**
 * POST /introspect (HTTP-3). An app sees its own access tokens; anything else is reported as not active.
 *
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export function introspectRoute(grants: AppGrant, issuer: string): Route {
  return formRoute(grants, {
    path: '/introspect',
    isForPages: false,
    async answer({ form, client, facts }) {
      const token = form.get('token')
      if (token === undefined) throw invalidRequest('token is missing')
      const app = await grants.authorizer.authenticateApp({ ...facts, ...asProof(client) })
      const access = await grants.authorizer.verify(token)
      if (!access.ok) return jsonAnswer({ active: false })
      if (maySee(app, access)) return jsonAnswer(introspection(access, issuer))
      const refusal = { code: 'foreign_token', reason: 'foreign_token', app: app.key } as const
      emitTo(grants.events, 'refused', { ...refusal, ...sourceInput(facts) })
      return jsonAnswer({ active: false })
    },
  })
}

/** An app sees its own tokens; a resource server sees the tokens of every app for which it is an audience. */
function maySee({ key, resourceServer }: App, { app, audience }: Access): boolean {
  return app.key === key || (resourceServer !== undefined && audience.includes(resourceServer))
}

function introspection(access: Access, issuer: string): Record<string, unknown> {
  const [issuedAt, expiresAt] = [access.issuedAt.getTime(), access.expiresAt.getTime()]
  return { active: true, token_type: 'Bearer', ...tokenClaims({ ...access, issuedAt, expiresAt }, issuer) }
}
