import type { EventMap } from '../../base/events.ts'
import { ownText } from '../../base/own-text.ts'
import { aliasAt, aliasName, removedAlias } from '../../records/alias.ts'
import { appKind, appRef, type LiveApp, type RemovedApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { endsNever, type Lifetimes, lastUseOf } from '../input/lifetimes.ts'
import type { Freeing } from './free-app.ts'

/** How long a write may be under way. The tombstone of an app that was never issued a token is kept for it, any other longer. */
const HOUR_MS = 3_600_000

/**
 * Removes an app, or settles the key of a registration whose outcome is unknown. A tombstone is written again, because only a write
 * confirms it (REV-7). It says nothing of the owner (ACC-9). The alias of an imported app is removed after it.
 *
 * @param mayRemove - is asked about what is stored. Default is to allow it.
 * @returns the app that was there.
 */
export type RemoveApp = (
  key: string,
  mayRemove?: (found: StoredApp | undefined) => boolean | Promise<boolean>,
) => Promise<LiveApp | undefined>

/** The event for an app that was removed. If it was suspended, that is known from nothing else any more (APP-15). */
export function removalOf({ key, suspended }: LiveApp): EventMap['app'] {
  const was = suspended && { suspended: { at: new Date(suspended.at), by: suspended.by } }
  return { change: 'removed', app: key, ...was }
}

export function createRemoveApp(parts: {
  readonly collection: Collection
  readonly freeing: Freeing
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): RemoveApp {
  const { collection, freeing, clock, lifetimes } = parts
  return async (key, mayRemove = () => true) => {
    let removed: LiveApp | undefined
    const written = await collection.write<StoredApp>(appKind, appRef(key), async (found) => {
      if (!(await mayRemove(found))) return undefined
      removed = found?.state === 'live' ? found : undefined
      if (found?.state === 'removed') return found
      const hasLasting = removed !== undefined && (removed.hadNoEnd === true || endsNever(removed, lifetimes))
      const lastUse = removed?.lastUsedDay === undefined ? clock() : lastUseOf(removed, lifetimes, clock())
      const alias = removed?.importedKey === undefined ? {} : { alias: aliasName(removed.importedKey) }
      const expiresAt = lastUse + HOUR_MS
      return { state: 'removed', key: ownText(key), ...(hasLasting && { hasLasting }), ...alias, expiresAt }
    })
    if (written?.state === 'removed') {
      if (written.hasLasting) await freeing.lastingInstalls(key)
      if (written.alias !== undefined) await removeAlias(written.alias, written)
    }
    return written && removed
  }

  /** Without the app it permits nothing, so a failure only leaves the record behind, until the app is removed again. */
  async function removeAlias(name: string, { key, expiresAt }: RemovedApp): Promise<void> {
    const { kind, ref } = aliasAt(name)
    try {
      await collection.write(kind, ref, (alias) =>
        alias?.state === 'live' && alias.app === key ? removedAlias(name, expiresAt) : undefined,
      )
    } catch {
      // The app is removed, which is what counts.
    }
  }
}
