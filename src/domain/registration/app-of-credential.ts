import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import { sessionKind, sessionRef } from '../../records/session.ts'

/** The app that a credential is of. */
export interface CredentialApp {
  readonly app: LiveApp
  /** Whether only a session has it: the exchange of its code registers it. */
  readonly isNew: boolean
}

/**
 * Finds the app that a credential names, which need not be genuine. Programs that register themselves are found by it: their client
 * id is one that many accounts have an app of.
 *
 * @returns `removed` if the app is, and undefined if there is none.
 */
export type AppOfCredential = (presented: {
  readonly app: string
  readonly session?: string
}) => Promise<CredentialApp | 'removed' | undefined>

export function createAppOfCredential({
  collection,
  clock,
}: {
  readonly collection: Collection
  readonly clock: () => number
}): AppOfCredential {
  return async ({ app: key, session }) => {
    const refs = [appRef(key), ...(session === undefined ? [] : [sessionRef({ app: key, session })])]
    const [record, sessionRecord] = await collection.get(refs)
    if (record && !hasExpired(record, clock())) {
      const app = collection.unpack(appKind, record)
      return app.state === 'live' ? { app, isNew: false } : 'removed'
    }
    const newApp = sessionRecord && collection.unpack(sessionKind, sessionRecord).newApp
    return newApp && { app: newApp, isNew: true }
  }
}
