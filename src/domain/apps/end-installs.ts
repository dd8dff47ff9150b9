import type { Collection, StoreRecord } from '../../records/collection.ts'
import { endedInstall, installIndexKind, installIndexRef, installKind, installsOfApp } from '../../records/install.ts'
import { NEVER } from '../../records/never.ts'
import type { Pages } from '../../records/pages.ts'

/**
 * Ends the installs of a removed app that have no end: all others expire. They give nothing any more, so a failure only leaves
 * records behind, until `remove` is called again.
 */
export function createEndInstalls(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly clock: () => number
}): (app: string) => Promise<void> {
  const { collection, pages, clock } = parts

  return async (app) => {
    try {
      for await (const records of pages.walk(installsOfApp(app), { position: NEVER - 1, id: '' }))
        await Promise.all(records.map(end))
    } catch {
      // The app is removed, which is what counts.
    }
  }

  async function end(record: StoreRecord): Promise<void> {
    const install = installKind.unpack(record)
    if (install.state !== 'live') return
    const [entry] = await collection.get([installIndexRef(install)])
    await collection.replace(installKind, record, endedInstall(install, clock()))
    if (entry)
      await collection.replace(installIndexKind, entry, { ...installIndexKind.unpack(entry), expiresAt: clock() })
  }
}
