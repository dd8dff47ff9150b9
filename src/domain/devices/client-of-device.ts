import type { LiveApp } from '../../records/app.ts'
import { assertNotSuspended } from '../accounts/may-act.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import type { ClientIds } from '../registration/client-ids.ts'

/** What a device authenticates as. */
export interface DeviceClient {
  /** Undefined for a program that registers itself: an account has its own app of it. */
  readonly app: LiveApp | undefined
  /** What its device codes are bound to. */
  readonly name: string
  /** What the account finds the app by. */
  readonly id: string
}

/**
 * Authenticates the app of a device. A program that registers itself has nothing to authenticate with, and costs no read.
 *
 * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`, `app_suspended`
 */
export type ClientOfDevice = (input: AppCredentials & RequestContext) => Promise<DeviceClient>

export function createClientOfDevice({
  authenticator,
  clientIds,
}: {
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
}): ClientOfDevice {
  return async (input) => {
    const { key, secret, assertion } = input
    const isAlone = secret === undefined && assertion === undefined && typeof key === 'string'
    const client = isAlone ? clientIds.read(key) : undefined
    if (client) return { app: undefined, name: client.identity, id: key as string }
    const app = await authenticator.authenticate(input)
    assertNotSuspended(app)
    return { app, name: app.key, id: app.importedKey ?? app.key }
  }
}
