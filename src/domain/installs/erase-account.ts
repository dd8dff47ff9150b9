import type { Emitter } from '../../base/events.ts'
import { appKind, appRef, appsOfOwner, type LiveApp } from '../../records/app.ts'
import type { Collection, StoreRecord } from '../../records/collection.ts'
import {
  endedInstall,
  installId,
  installIndexKind,
  installIndexOfAccount,
  installKind,
  installRef,
  type LiveInstall,
  type StoredInstall,
} from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { conflict } from '../../records/retries.ts'
import type { Freeing } from '../apps/free-app.ts'
import { type RemoveApp, removalOf } from '../apps/remove-app.ts'
import { accountInput } from '../input/input.ts'

/** How often everything is looked for. Something new is found only if the account still does something. */
const MAX_PASSES = 20

/** What was removed. */
export interface Erased {
  /** How many apps it owned. */
  readonly apps: number
  /** How many apps it had authorized. */
  readonly installs: number
}

/** Removes what is stored of an account, until nothing is left (ACC-9). */
export type EraseAccount = (account: string) => Promise<Erased>

export function createEraseAccount(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly freeing: Freeing
  readonly removeApp: RemoveApp
  readonly events: Emitter
  readonly clock: () => number
}): EraseAccount {
  const { collection, pages, freeing, removeApp, events, clock } = parts

  return async (input) => {
    const account = accountInput(input)
    const erased = { apps: 0, installs: 0 }
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      let found = 0
      for await (const records of all(appsOfOwner(account)))
        for (const record of records) {
          found++
          if (await eraseApp(record.id)) erased.apps++
        }
      for await (const records of all(installIndexOfAccount(account)))
        for (const record of records) {
          found++
          if (await eraseInstall(account, record)) erased.installs++
        }
      if (found === 0) return erased
    }
    throw conflict('The account went on while it was erased: block it in the directory, then repeat the call.')
  }

  function all(group: Parameters<Pages['walk']>[0]) {
    return pages.walk(group, { position: 0, id: '' })
  }

  async function eraseApp(key: string): Promise<boolean> {
    const app = await removeApp(key)
    if (!app) return false
    events.emit('app', {}, removalOf(app))
    await freeing.app(app)
    return true
  }

  /**
   * Ends the install of an index entry, then frees the entry. An approval writes its entry after its install: if the entry was
   * written meanwhile it is not freed, and found again. The install of a removed app cannot be identified without the app, so all of
   * them are freed: the process that removed it may have ended before.
   */
  async function eraseInstall(account: string, record: StoreRecord): Promise<boolean> {
    const { app: key } = installIndexKind.unpack(record)
    const app = await collection.load(appKind, appRef(key))
    const isLive = app?.state === 'live'
    const wasLive = isLive && (await endInstall(app, account))
    if (!isLive) await freeing.installs(key)
    await freeing.indexEntry(record)
    return wasLive
  }

  /** @returns whether it was live. */
  async function endInstall(app: LiveApp, account: string): Promise<boolean> {
    const ref = installRef({ app: app.key, install: installId(app, account) })
    let ended: LiveInstall | undefined
    await collection.write<StoredInstall>(installKind, ref, (install) => {
      ended = install?.state === 'live' ? install : undefined
      return install && endedInstall(install, clock())
    })
    if (!ended) return false
    events.emit('install', {}, { change: 'withdrawn', app: app.key, account })
    await freeing.tokens(app, ended)
    return true
  }
}
