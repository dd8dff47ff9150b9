import { spacedList } from '../../domain/input/spaced-list.ts'
import { dpopProofIn, required, type TokenGrant } from './token-grant.ts'

/** @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-6) */
export const refreshToken: TokenGrant = {
  needs: ['refresh_token'],
  issue: ({ authorizer }, { form, client, context, headers }) =>
    authorizer.refresh({
      ...context,
      ...client,
      refreshToken: required(form, 'refresh_token'),
      scope: spacedList(form.get('scope')),
      resources: spacedList(form.get('resource')),
      dpopProof: dpopProofIn({ headers }),
    }),
}
