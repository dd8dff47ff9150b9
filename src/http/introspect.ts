import type { AppGrant } from '../create-app-grant.ts'
import type { Access } from '../domain/verifier.ts'
import { jsonAnswer } from './answer.ts'
import { asProof } from './client-credentials.ts'
import { formRoute } from './form-endpoint.ts'
import { invalidRequest } from './http-error.ts'
import type { Route } from './routes.ts'

/**
 * POST /introspect (HTTP-3). An app learns of its own access tokens; of anything else, that it is not active.
 *
 * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export function introspectRoute(grants: AppGrant): Route {
  return formRoute(grants, {
    path: '/introspect',
    isForPages: false,
    async answer({ form, client, facts }) {
      const token = form.get('token')
      if (token === undefined) throw invalidRequest('token is missing')
      const app = await grants.authorizer.authenticateApp({ ...facts, ...asProof(client) })
      const access = await grants.authorizer.verify(token)
      const isOwn = access.ok && access.app.key === app.key
      return jsonAnswer(isOwn ? introspection(access, grants.issuer) : { active: false })
    },
  })
}

/** `kind` is a member of ours: `app` says that no user authorised the token, whatever account it acts for (TOK-6). */
function introspection(access: Access, issuer: string | undefined): Record<string, unknown> {
  const { app, account, kind, scope, tokenId, issuedAt, expiresAt } = access
  return {
    active: true,
    kind,
    client_id: app.key,
    sub: account,
    token_type: 'Bearer',
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    iat: seconds(issuedAt),
    exp: seconds(expiresAt),
    iss: issuer,
    jti: tokenId,
  }
}

/** Rounded down, so that nobody takes a token for valid longer than it is. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
