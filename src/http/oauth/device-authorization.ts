import type { AppGrant } from '../../create-app-grant.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { formRoute } from './form-endpoint.ts'

/**
 * POST /device_authorization: issues the codes that a device and its user need. Nothing is stored.
 *
 * @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html#section-3.1)
 */
export function deviceAuthorizationRoute(
  core: AppGrant,
  { devices, issuer }: { readonly devices: NonNullable<AppGrant['devices']>; readonly issuer: string },
): Route {
  return formRoute(core, {
    path: '/device_authorization',
    isForPages: false,
    list: 'resource',
    async respond({ form, client, context }) {
      const { deviceCode, userCode, expiresInSeconds, intervalSeconds } = await devices.authorize({
        ...context,
        ...client,
        scope: spacedList(form.get('scope')),
        resources: spacedList(form.get('resource')),
      })
      const address = `${issuer}/device`
      return jsonResponse({
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: address,
        verification_uri_complete: `${address}?user_code=${userCode}`,
        expires_in: expiresInSeconds,
        interval: intervalSeconds,
      })
    },
  })
}
