import { checkKeyRing, type KeyRing } from './credentials/key-ring.ts'
import { checkDeviceGrant, type DeviceGrantOptions } from './domain/devices/device-options.ts'

/** The options for what clients carry, sealed, so that nothing of it is stored. */
export interface SealedOptions {
  /**
   * 1–8 random keys of at least 32 bytes, the same on all nodes: what clients carry is sealed with the first, and read with all. To
   * replace a key, add the new one in front on all nodes, and remove the old one ten minutes later. Required by `deviceGrant`. Default
   * is none.
   */
  readonly keyRing?: readonly (string | Uint8Array)[] | undefined
  /** Lets devices without a browser ask users for access. Requires `issuer` and `keyRing`. Default is none: no device can. */
  readonly deviceGrant?: DeviceGrantOptions | undefined
}

/** The validated options. */
export interface CheckedSealed {
  /** Empty if the host has none. */
  readonly keyRing: KeyRing
  readonly deviceGrant: DeviceGrantOptions | undefined
}

/** @param wrong - makes the error for an option. */
export function checkSealed(
  { issuer, keyRing, deviceGrant }: SealedOptions & { readonly issuer?: string | undefined },
  wrong: (name: string, expected: string, received: unknown) => TypeError,
): CheckedSealed {
  if (deviceGrant !== undefined && issuer === undefined)
    throw wrong('issuer', 'an https URL, because devices show it to users', issuer)
  if (deviceGrant !== undefined && keyRing === undefined)
    throw wrong('keyRing', 'keys, because deviceGrant seals device codes', keyRing)
  return {
    keyRing: keyRing === undefined ? [] : checkKeyRing('createAppGrant', 'keyRing', keyRing),
    deviceGrant: deviceGrant === undefined ? undefined : checkDeviceGrant(deviceGrant),
  }
}
