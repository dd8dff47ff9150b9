import { spacedList } from '../../domain/input/spaced-list.ts'
import { dpopProofIn, required, type TokenGrant } from './token-grant.ts'

/** @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html#section-3.4) */
export const deviceCode: TokenGrant = {
  needs: ['device_code'],
  issue: async ({ devices }, { form, client, context, headers }) => {
    // Without the option, the grant is not served.
    if (!devices) throw new TypeError('createAppGrant has no deviceGrant')
    return devices.exchange({
      ...context,
      ...client,
      deviceCode: required(form, 'device_code'),
      resources: spacedList(form.get('resource')),
      dpopProof: dpopProofIn({ headers }),
    })
  },
}
