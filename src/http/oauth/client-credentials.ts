import { spacedList } from '../../domain/input/spaced-list.ts'
import { asConfidential } from './client-authentication.ts'
import { dpopProofIn, type TokenGrant } from './token-grant.ts'

/** @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4.2) */
export const clientCredentials: TokenGrant = {
  needs: [],
  issue: ({ authorizer }, { form, client, context, headers }) =>
    authorizer.clientCredentials({
      // Only one spread: a second one costs more than all that is read here.
      ...asConfidential(client),
      userAgent: context.userAgent,
      remoteAddress: context.remoteAddress,
      scope: spacedList(form.get('scope')),
      resources: spacedList(form.get('resource')),
      dpopProof: dpopProofIn({ headers }),
    }),
}
