import { fewAtOnce } from '../../base/few-at-once.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection, GroupRef, StoreRecord } from '../../records/collection.ts'
import {
  installIndexKind,
  installIndexRef,
  installKind,
  installsOfApp,
  type LiveInstall,
} from '../../records/install.ts'
import { NEVER } from '../../records/never.ts'
import type { Pages } from '../../records/pages.ts'
import { endedSession, sessionKind, sessionsOfApp } from '../../records/session.ts'
import { appOnlyTokens, removedToken, tokenKind, userTokens } from '../../records/token.ts'

/** The tokens of each are freed too. */
const INSTALLS_AT_ONCE = 4

/** What is needed of a removed app to find what it held. */
export type HeldApp = Pick<LiveApp, 'key' | 'owner' | 'stamp' | 'trustStamp' | 'ownerStamp'>

/**
 * Frees what is left of apps and installs that were removed: nothing of it works any more, but it would stay in the store until it
 * expires. Each record becomes a tombstone that expires at once.
 */
export interface Freeing {
  /** Frees the tokens of a removed app, its sessions, its installs, their tokens and their index entries. */
  app(app: HeldApp): Promise<void>
  /**
   * Frees the installs of a removed app that would never expire. They give nothing any more, so a failure only leaves records behind,
   * until `remove` is called again.
   */
  lastingInstalls(app: string): Promise<void>
  /** Frees all installs of a removed app, and their index entries. */
  installs(app: string): Promise<void>
  /** Frees the tokens of an install that was ended. */
  tokens(app: HeldApp, install: LiveInstall): Promise<void>
  /** Frees an index entry. Returns false if it was written meanwhile. */
  indexEntry(record: StoreRecord): Promise<boolean>
}

export function createFreeing(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly clock: () => number
}): Freeing {
  const { collection, pages, clock } = parts

  /** Reads the group again until nothing is freed any more: one walk is bounded. */
  async function empty(
    group: GroupRef,
    free: (record: StoreRecord) => Promise<boolean>,
    atOnce?: number,
  ): Promise<void> {
    let freed: number
    do {
      freed = 0
      for await (const records of pages.walk(group, { position: 0, id: '' }))
        freed += (await fewAtOnce(records, free, atOnce)).filter(Boolean).length
    } while (freed > 0)
  }

  const freeTokens = (group: GroupRef) =>
    empty(group, (record) =>
      collection.free(tokenKind, record, { ...removedToken(tokenKind.unpack(record)), expiresAt: clock() }),
    )

  const freeSession = (record: StoreRecord) =>
    collection.free(sessionKind, record, { ...endedSession(sessionKind.unpack(record)), expiresAt: clock() })

  async function freeInstall(record: StoreRecord): Promise<boolean> {
    const install = installKind.unpack(record)
    if (install.state !== 'live') return false
    const [entry] = await collection.get([installIndexRef(install)])
    const ended = { state: 'ended', id: install.id, app: install.app, expiresAt: clock() } as const
    const isFreed = await collection.free(installKind, record, ended)
    if (entry) await freeing.indexEntry(entry)
    return isFreed
  }

  const freeing: Freeing = {
    async app(app) {
      await freeTokens(appOnlyTokens(app))
      const freeHeld = async (record: StoreRecord) => {
        const install = installKind.unpack(record)
        if (install.state === 'live') await freeing.tokens(app, install)
        return freeInstall(record)
      }
      await empty(installsOfApp(app.key), freeHeld, INSTALLS_AT_ONCE)
      await empty(sessionsOfApp(app.key), freeSession)
    },
    async lastingInstalls(app) {
      try {
        for await (const records of pages.walk(installsOfApp(app), { position: NEVER - 1, id: '' }))
          await fewAtOnce(records, freeInstall)
      } catch {
        // The app is removed, which is what counts.
      }
    },
    installs: (app) => empty(installsOfApp(app), freeInstall),
    tokens: (app, install) => freeTokens(userTokens(app, install)),
    indexEntry: (record) =>
      collection.replace(installIndexKind, record, {
        ...installIndexKind.unpack(record),
        isFreed: true,
        expiresAt: clock(),
      }),
  }
  return freeing
}
