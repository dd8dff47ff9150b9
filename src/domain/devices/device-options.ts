import { AppGrantError, invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import type { LiveApp } from '../../records/app.ts'
import type { AppIdentity, IdentityOf } from '../accounts/accounts.ts'
import { because } from '../refusals.ts'

/** Lets devices without a browser ask users for access. Requires the option `keyRing`. */
export interface DeviceGrantOptions {
  /**
   * Which apps may do so, asked at every step: returns true or false at once. What is taken back works no longer from then on, but
   * tokens that were issued do. No default: `() => true` lets all do it.
   *
   * WARNING: an attacker can send the user code of a device of their own to a user, and gets the access if the user approves. No
   * redirect URL protects against that. Allow it only to apps for devices that cannot do without.
   *
   * @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html#section-5.4)
   */
  readonly apps: (app: AppIdentity) => boolean
}

const NAMES = knownMembers<DeviceGrantOptions>({ apps: true })

/** @throws TypeError that names the option. */
export function checkDeviceGrant(given: DeviceGrantOptions): DeviceGrantOptions {
  assertOptions('createAppGrant', given, NAMES, 'deviceGrant')
  const { apps } = given
  if (typeof apps !== 'function')
    throw invalidOption('createAppGrant', 'deviceGrant.apps', 'a function of an app that returns true or false', apps)
  return {
    apps(app) {
      const isAllowed: unknown = apps(app)
      if (typeof isAllowed === 'boolean') return isAllowed
      throw invalidOption('createAppGrant', 'deviceGrant.apps', 'a function that returns true or false', isAllowed)
    },
  }
}

/** @throws {@link AppGrantError} `not_permitted` if the host does not let the app use the device grant. */
export function assertAllowed(
  app: LiveApp,
  { options, identityOf }: { readonly options: DeviceGrantOptions; readonly identityOf: IdentityOf },
): void {
  if (!options.apps(identityOf(app)))
    throw because(
      new AppGrantError('not_permitted', {
        message: 'this platform does not let the app ask for access on devices',
        hint: 'The option deviceGrant.apps of createAppGrant returned false for the app.',
      }),
      'device_grant_of_app',
    )
}
