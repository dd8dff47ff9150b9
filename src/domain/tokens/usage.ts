import type { Background } from '../../base/background.ts'
import { createBoundedMap } from '../../base/bounded-map.ts'
import { ownText } from '../../base/own-text.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { installKind, installRef, type LiveInstall, type StoredInstall } from '../../records/install.ts'

const DAY_MS = 86_400_000
/** About 10,000 apps and installs. */
const MAX_BYTES = 2_000_000
const NAME_BYTES = 200

/** Notes the days on which apps and installs were used (APP-13). */
export interface Usage {
  /** Notes a use. The record is written later, by the first process that gets to it on that day. */
  note(app: LiveApp, install: LiveInstall | undefined): void
}

export function createUsage(parts: {
  readonly collection: Collection
  readonly background: Background
  readonly clock: () => number
}): Usage {
  const { collection, background, clock } = parts
  // Records that are remembered, or read while the write is waiting, do not show it yet.
  const noted = createBoundedMap<number>({ maxBytes: MAX_BYTES })

  /** Writes the day later, unless that is already to be done. If it fails, the next use of the day tries again. */
  function noteOnce(name: string, day: number, write: () => Promise<unknown>): void {
    if (noted.get(name) === day) return
    noted.set(name, day, { bytes: NAME_BYTES })
    background.add(name, () => write().catch(() => noted.delete(name)))
  }

  const writeApp = (key: string, day: number) =>
    collection.write<StoredApp>(appKind, appRef(key), (app) =>
      app?.state === 'live' && !isUpToDate(app, day) ? { ...app, lastUsedDay: day } : undefined,
    )
  const writeInstall = (app: string, install: string, day: number) =>
    collection.write<StoredInstall>(installKind, installRef({ app, install }), (found) =>
      found?.state === 'live' && !isUpToDate(found, day) ? { ...found, lastUsedDay: day } : undefined,
    )

  return {
    note(app, install) {
      const day = Math.floor(clock() / DAY_MS)
      if (isUpToDate(app, day) && (!install || isUpToDate(install, day))) return
      const key = ownText(app.key)
      if (!isUpToDate(app, day)) noteOnce(key, day, () => writeApp(key, day))
      if (!install || isUpToDate(install, day)) return
      const id = ownText(install.id)
      noteOnce(id, day, () => writeInstall(key, id, day))
    },
  }
}

function isUpToDate({ lastUsedDay }: { readonly lastUsedDay?: number }, day: number): boolean {
  return lastUsedDay !== undefined && lastUsedDay >= day
}
