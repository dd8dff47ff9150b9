import { spacedList } from '../../domain/input/spaced-list.ts'
import { dpopProofIn, required, type TokenGrant } from './token-grant.ts'

/** @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3) */
export const authorizationCode: TokenGrant = {
  needs: ['code', 'redirect_uri', 'code_verifier'],
  issue: ({ authorizer }, { form, client, context, headers }) =>
    authorizer.exchangeCode({
      ...context,
      ...client,
      code: required(form, 'code'),
      redirectUrl: required(form, 'redirect_uri'),
      codeVerifier: required(form, 'code_verifier'),
      resources: spacedList(form.get('resource')),
      dpopProof: dpopProofIn({ headers }),
    }),
}
