import type { ParsedToken } from '../../credentials/token-format.ts'
import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import { sessionKind, sessionRef } from '../../records/session.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import type { ClientIds } from '../registration/client-ids.ts'

/** The app that presents a credential. */
export interface PresentingApp {
  readonly app: LiveApp
  /** Whether only a session has it: the exchange of its code registers it. */
  readonly isNew: boolean
}

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
  ): Promise<PresentingApp | 'removed' | 'unknown'>
  /** The app of a credential, whose text proves nothing yet. Undefined if there is none. */
  appOf(presented: ParsedToken): Promise<PresentingApp | 'removed' | undefined>
}

export function createPresentingApps(parts: {
  readonly collection: Collection
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
  readonly clock: () => number
}): PresentingApps {
  const { collection, authenticator, clientIds, clock } = parts

  return {
    async authenticate(input, presented) {
      const { key, secret, assertion } = input
      const isAlone = secret === undefined && assertion === undefined && typeof key === 'string'
      const client = isAlone ? clientIds.read(key) : undefined
      if (!client) return { app: await authenticator.authenticate(input), isNew: false }
      const found = presented && (await appOf(presented))
      if (found === undefined || found === 'removed') return found ?? 'unknown'
      return found.app.origin?.identity === client.identity ? found : 'unknown'
    },
    appOf,
  }

  async function appOf(presented: ParsedToken): Promise<PresentingApp | 'removed' | undefined> {
    const refs = [appRef(presented.app), ...('session' in presented ? [sessionRef(presented)] : [])]
    const [record, sessionRecord] = await collection.get(refs)
    if (record && !hasExpired(record, clock())) {
      const app = collection.unpack(appKind, record)
      return app.state === 'live' ? { app, isNew: false } : 'removed'
    }
    const session = sessionRecord && collection.unpack(sessionKind, sessionRecord)
    return session?.newApp && { app: session.newApp, isNew: true }
  }
}
