import { ownText } from '../../base/own-text.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'

/** How long the tombstone of an app is kept that gave nothing: a write that is under way arrives within this time. */
const HOUR_MS = 3_600_000

/**
 * Removes an app, or settles the key of a registration whose outcome is unknown. A tombstone is written again, because only a write
 * confirms it (REV-7). It says nothing of the owner (ACC-9).
 *
 * @param mayRemove - is asked about what is stored. Default is to allow it.
 * @returns the app that was there.
 */
export type RemoveApp = (
  key: string,
  mayRemove?: (found: StoredApp | undefined) => boolean | Promise<boolean>,
) => Promise<LiveApp | undefined>

export function createRemoveApp(parts: {
  readonly collection: Collection
  readonly clock: () => number
  /** The longest time for which anything that refers to an app is valid. */
  readonly longestLifeMs: number
}): RemoveApp {
  const { collection, clock, longestLifeMs } = parts
  return async (key, mayRemove = () => true) => {
    let removed: LiveApp | undefined
    const written = await collection.write<StoredApp>(appKind, appRef(key), async (found) => {
      if (!(await mayRemove(found))) return undefined
      removed = found?.state === 'live' ? found : undefined
      if (found?.state === 'removed') return found
      const life = removed?.lastUsedDay === undefined ? HOUR_MS : longestLifeMs
      return { state: 'removed', key: ownText(key), expiresAt: clock() + life }
    })
    return written && removed
  }
}
