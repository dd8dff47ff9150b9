import type { ParsedToken } from '../../credentials/token-format.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import type { AppOfCredential, CredentialApp } from '../registration/app-of-credential.ts'
import type { ClientIds } from '../registration/client-ids.ts'

/** Authenticates apps that present a code or a token. */
export interface PresentingApps {
  /**
   * The app that presents the credential. If it has registered itself, the credential names the app: its client id is that of the
   * program, which many accounts have an app of.
   *
   * @param presented - undefined if the text is not a credential.
   * @returns for a program that registered itself, `removed` if the app is, and `unknown` if the credential is of no app of it.
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`
   */
  authenticate(
    input: AppCredentials & RequestContext,
    presented: ParsedToken | undefined,
  ): Promise<CredentialApp | 'removed' | 'unknown'>
}

export function createPresentingApps(parts: {
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
  readonly appOfCredential: AppOfCredential
}): PresentingApps {
  const { authenticator, clientIds, appOfCredential } = parts

  return {
    async authenticate(input, presented) {
      const { key, secret, assertion } = input
      const isAlone = secret === undefined && assertion === undefined && typeof key === 'string'
      const client = isAlone ? clientIds.read(key) : undefined
      if (!client) return { app: await authenticator.authenticate(input), isNew: false }
      const found = presented && (await appOfCredential(presented))
      if (found === undefined || found === 'removed') return found ?? 'unknown'
      return found.app.origin?.identity === client.identity ? found : 'unknown'
    },
  }
}
