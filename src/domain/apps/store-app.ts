import { appKind, appRef, appsOfOwner, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { conflict } from '../../records/retries.ts'
import { limitReached } from './app-errors.ts'

/**
 * Stores a new app. Nothing exists, and no place under the limit is taken, before the one insert, which checks the limit (APP-6,
 * APP-7). If something is stored under its key already, that is confirmed by a write (REV-7).
 *
 * @returns `stored` by this call; `there` if a call before has stored this very app, which others may have changed since; `taken` if
 *   the key is that of another app or of a removed one.
 * @throws {@link AppGrantError} `app_limit_reached`
 */
export type StoreApp = (app: LiveApp) => Promise<'stored' | 'there' | 'taken'>

export function createStoreApp(parts: { readonly collection: Collection; readonly appsPerOwner: number }): StoreApp {
  const { collection, appsPerOwner: max } = parts

  return async (app) => {
    const { group } = appsOfOwner(app.owner)
    const result = await collection.insert<StoredApp>(appKind, app, { limit: { group, max } })
    if (result === 'full') throw limitReached(app.owner, max)
    if (result === 'inserted') return 'stored'
    const found = await collection.write<StoredApp>(appKind, appRef(app.key), (stored) => stored)
    if (!found) throw conflict('What was stored under the key has just expired: repeat the call.')
    return found.state === 'live' && found.salt === app.salt ? 'there' : 'taken'
  }
}
