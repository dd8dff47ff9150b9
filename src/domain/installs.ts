import type { Actor, Emitter } from '../base/events.ts'
import { appKind, appRef, type LiveApp } from '../records/app.ts'
import type { Collection, StoreRecord } from '../records/collection.ts'
import {
  installId,
  installKind,
  installRef,
  installsOfApp,
  type LiveInstall,
  pointerKind,
  pointersOfAccount,
  type StoredInstall,
} from '../records/install.ts'
import type { Page, PageQuery, Pages } from '../records/pages.ts'
import { appNotFound } from './app-errors.ts'
import { accountInput, cursorInput, idInput, limitInput, objectInput, searchInput } from './input.ts'
import { isOfEpoch, type ManagedApps } from './managed-apps.ts'
import type { AppAndAccount } from './token-store.ts'

/** An account authorised an app. */
export interface Install {
  readonly app: { readonly key: string; readonly name: string; readonly owner: string }
  readonly account: string
  readonly installedAt: Date
  readonly permittedBy: Actor
  /** All that was granted since. */
  readonly scope: readonly string[]
}

/**
 * Which accounts authorise which apps. All methods reject with `store_unavailable`, `outcome_unknown` or
 * `directory_unavailable` where the answer is not known.
 */
export interface Installs {
  /**
   * The apps that an account authorises, first to expire first. `name`: part of the app's name.
   *
   * @throws `app_not_found` for an account that the caller is not and is not above.
   */
  list(of: { readonly account: string; readonly name?: string } & PageQuery): Promise<Page<Install>>
  /** The accounts that authorise an app, of those that the caller is or is above. @throws `app_not_found` */
  listByApp(of: { readonly app: string } & PageQuery): Promise<Page<Install>>
  /** How many accounts authorise an app, all of them. @throws `app_not_found` */
  count(of: { readonly app: string }): Promise<number>
  /** Ends all that the app holds for the account, atomically: it has to ask again. False where it held nothing. */
  withdraw(which: AppAndAccount): Promise<boolean>
}

interface Found {
  readonly app: LiveApp
  readonly install: LiveInstall
}

export interface InstallsParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly managed: ManagedApps
  readonly events: Emitter
  readonly clock: () => number
}

export function createInstalls({ collection, pages, managed, events, clock }: InstallsParts, actor: Actor): Installs {
  // What ends at this very millisecond is over: lists begin behind all of it, as counts do.
  const now = () => ({ position: clock() + 1, id: '' })

  return {
    async list(of) {
      const account = accountInput(objectInput(of, 'of').account)
      const search = searchInput(of.name)
      const page = { ...cursorInput(of.cursor), limit: limitInput(of.limit) }
      const sight = await managed.sight(actor, account)
      if (!sight) throw appNotFound()
      const show = async (records: readonly StoreRecord[]) => {
        const found = await withInstalls(records.map((record) => pointerKind.unpack(record)))
        const isListed = async (one: Found) =>
          one.app.fields.foldedName.includes(search) && isOfEpoch(one.install, sight)
        return Promise.all(found.map(async (one) => (one && (await isListed(one)) ? installView(one) : undefined)))
      }
      const identity = ['installs', account, search]
      return pages.page(
        { identity, rows: [[pointersOfAccount(account)]], from: now(), show, isSearch: search !== '' },
        page,
      )
    },

    async listByApp(of) {
      const app = await managed.get(actor, objectInput(of, 'of').app)
      const page = { ...cursorInput(of.cursor), limit: limitInput(of.limit) }
      const show = async (records: readonly StoreRecord[]) => {
        const installs = records.map((record) => installKind.unpack(record))
        const shown = installs.map(async (install) =>
          install.state === 'live' && (await isBelow(install.account)) ? installView({ app, install }) : undefined,
        )
        return Promise.all(shown)
      }
      return pages.page(
        { identity: ['installs of', app.key], rows: [[installsOfApp(app.key)]], from: now(), show },
        page,
      )
    },

    async count(of) {
      const app = await managed.get(actor, objectInput(of, 'of').app)
      return pages.count([installsOfApp(app.key)], clock())
    },

    async withdraw(which) {
      const account = accountInput(objectInput(which, 'which').account)
      const key = idInput(which.app, 'app')
      const app = await managed.load(key)
      if (!app || !(await managed.sight(actor, account))) return false
      let wasLive = false
      const ref = installRef({ app: key, install: installId(app, account) })
      // One that has ended already is written again: only that confirms it (REV-7).
      await collection.write<StoredInstall>(installKind, ref, (install) => {
        wasLive = install?.state === 'live'
        return install && { state: 'ended', id: install.id, app: key, expiresAt: install.expiresAt }
      })
      if (wasLive) events.emit('install', actor, { change: 'withdrawn', app: key, account })
      return wasLive
    },
  }

  async function isBelow(account: string): Promise<boolean> {
    return actor.account === undefined || (await managed.sight(actor, account)) !== undefined
  }

  /** What pointers lead to, undefined where that is over. */
  async function withInstalls(pointers: readonly AppAndAccount[]): Promise<readonly (Found | undefined)[]> {
    const apps = await collection.get(pointers.map(({ app }) => appRef(app)))
    const found = pointers.map(({ account }, at) => {
      const app = apps[at] && appKind.unpack(apps[at])
      if (app?.state !== 'live') return undefined
      return { app, ref: installRef({ app: app.key, install: installId(app, account) }) }
    })
    const records = await collection.get(found.flatMap((one) => one?.ref ?? []))
    const installs = new Map(records.flatMap((record) => (record ? [[record.id, installKind.unpack(record)]] : [])))
    return found.map((one) => {
      const install = one && installs.get(one.ref.id)
      return one && install?.state === 'live' && install.expiresAt > clock() ? { app: one.app, install } : undefined
    })
  }
}

function installView({ app, install }: Found): Install {
  const { account, installedAt, permittedBy, scope } = install
  const shown = { key: app.key, name: app.fields.name, owner: app.owner }
  return { app: shown, account, installedAt: new Date(installedAt), permittedBy, scope }
}
