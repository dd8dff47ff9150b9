import { checkKeyRing, type KeyRing } from './credentials/key-ring.ts'
import type { PushedRequestsPolicy } from './domain/authorization/pushed-requests.ts'
import { checkDeviceGrant, type DeviceGrantOptions } from './domain/devices/device-options.ts'

/** The options for what clients carry, sealed, so that nothing of it is stored. */
export interface SealedOptions {
  /**
   * 1–8 random keys of at least 32 bytes, the same on all nodes: what clients carry is sealed with the first, and read with all. To
   * replace a key, add the new one behind the old one on all nodes, then put it in front, and remove the old one ten minutes later.
   * Required by `deviceGrant` and `pushedRequests`. Default is none.
   */
  readonly keyRing?: readonly (string | Uint8Array)[] | undefined
  /** Lets devices without a browser ask users for access. Requires `issuer` and `keyRing`. Default is none: no device can. */
  readonly deviceGrant?: DeviceGrantOptions | undefined
  /**
   * Whether apps may send authorization requests to `/par` first, so that the browser carries only a reference: `'accepted'`, or
   * `'required'` if all must. Requires `issuer` and `keyRing`. Default is none: no request is pushed.
   *
   * @see [RFC 9126 - OAuth 2.0 Pushed Authorization Requests](https://www.rfc-editor.org/rfc/rfc9126.html)
   */
  readonly pushedRequests?: PushedRequestsPolicy | undefined
}

/** The validated options. */
export interface CheckedSealed {
  /** Empty if the host has none. */
  readonly keyRing: KeyRing
  readonly deviceGrant: DeviceGrantOptions | undefined
  readonly pushedRequests: PushedRequestsPolicy | undefined
}

const POLICIES: readonly unknown[] = ['accepted', 'required', undefined]

/** @param wrong - makes the error for an option. */
export function checkSealed(
  { issuer, keyRing, deviceGrant, pushedRequests }: SealedOptions & { readonly issuer?: string | undefined },
  wrong: (name: string, expected: string, received: unknown) => TypeError,
): CheckedSealed {
  if (!POLICIES.includes(pushedRequests)) throw wrong('pushedRequests', "'accepted' or 'required'", pushedRequests)
  const checked = {
    keyRing: keyRing === undefined ? [] : checkKeyRing('createAppGrant', 'keyRing', keyRing),
    deviceGrant: deviceGrant === undefined ? undefined : checkDeviceGrant(deviceGrant),
    pushedRequests,
  }
  const needy = Object.entries({ deviceGrant, pushedRequests }).find(([, value]) => value !== undefined)?.[0]
  if (needy !== undefined && issuer === undefined)
    throw wrong('issuer', `an https URL, because ${needy} serves clients over HTTP`, issuer)
  if (needy !== undefined && keyRing === undefined)
    throw wrong('keyRing', `keys, because ${needy} seals what clients carry`, keyRing)
  return checked
}
