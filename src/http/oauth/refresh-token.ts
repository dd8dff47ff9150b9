import { parseScope } from '../../domain/input/parse-scope.ts'
import { required, resourcesOf, type TokenGrant } from './token-grant.ts'

/** @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-6) */
export const refreshToken: TokenGrant = {
  needs: ['refresh_token'],
  issue: ({ authorizer }, { form, client, context }) =>
    authorizer.refresh({
      ...context,
      ...client,
      refreshToken: required(form, 'refresh_token'),
      scope: parseScope(form.get('scope')),
      resources: resourcesOf(form),
    }),
}
