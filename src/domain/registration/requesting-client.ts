import type { LiveApp } from '../../records/app.ts'
import { assertNotSuspended } from '../accounts/may-act.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import type { ClientIds } from './client-ids.ts'
import type { ClientId } from './proposal.ts'

/** Who requests something on the back channel that no credential names the app of yet. */
export type RequestingClient = {
  /** What it has as client id, by which an account finds the app. */
  readonly id: string
} & (
  | { readonly app: LiveApp; readonly program?: undefined }
  /** A program that registers itself: an account has its own app of it. */
  | { readonly app?: undefined; readonly program: ClientId }
)

/**
 * Authenticates the client. A program that registers itself has nothing to authenticate with, and costs no read.
 *
 * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`, `app_suspended`
 */
export type AuthenticateClient = (input: AppCredentials & RequestContext) => Promise<RequestingClient>

export function createAuthenticateClient({
  authenticator,
  clientIds,
}: {
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
}): AuthenticateClient {
  return async (input) => {
    const { key, secret, assertion } = input
    const isAlone = secret === undefined && assertion === undefined && typeof key === 'string'
    const program = isAlone ? clientIds.read(key) : undefined
    if (program) return { program, id: key as string }
    const app = await authenticator.authenticate(input)
    assertNotSuspended(app)
    return { app, id: app.importedKey ?? app.key }
  }
}

/** Every client id that means the client: an imported app has two. */
export function idsOfClient({ app, id }: RequestingClient): readonly string[] {
  return app?.importedKey === undefined ? [id] : [app.importedKey, app.key]
}

/** What is the same for a client in every request: the key of an app, or the identity of a program. */
export function nameOfClient({ app, program }: RequestingClient): string {
  return app ? app.key : program.identity
}
