import type { Actor, Emitter } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import type { Collection, StoreRecord } from '../../records/collection.ts'
import {
  endedInstall,
  installId,
  installIndexKind,
  installIndexOfAccount,
  installIndexRef,
  installKind,
  installRef,
  installsOfApp,
  type LiveInstall,
  type StoredInstall,
} from '../../records/install.ts'
import { NEVER } from '../../records/never.ts'
import type { Page, PageQuery, Pages } from '../../records/pages.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import { dayOfUse } from '../apps/app.ts'
import { appNotFound } from '../apps/app-errors.ts'
import type { Freeing } from '../apps/free-app.ts'
import { numbersInTime } from '../apps/numbers-in-time.ts'
import { isKeyInput, isOfEpoch, type VisibleApps } from '../apps/visible-apps.ts'
import type { AppAndAccount } from '../input/app-and-account.ts'
import { accountInput, cursorInput, idInput, limitInput, objectInput, searchInput } from '../input/input.ts'

/** An app that an account has authorized. */
export interface Install {
  readonly app: { readonly key: string; readonly name: string; readonly owner: string }
  readonly account: string
  readonly installedAt: Date
  /** When it ends unless the account authorizes the app again. Absent if it stays until it is withdrawn. */
  readonly expiresAt?: Date
  /** The account and login that approved it first. */
  readonly approvedBy: Actor
  /** All scopes granted since it was installed. */
  readonly scope: readonly string[]
  /** The day on which a token was last issued under it, in UTC, as `2026-11-26`. Absent if none was. Noted some seconds later. */
  readonly lastUsedOn?: string
}

/** What an app holds for an account at the moment. */
export interface InstallCounts {
  /** How many live access tokens it has for the account. Absent, and never 0, if the store did not say it in time. */
  readonly liveTokens?: number
}

/** Which installs of an account to list. */
export interface InstallQuery extends PageQuery {
  readonly account: string
  /** Only apps with this in their name, ignoring case. Default is every name. */
  readonly name?: string | undefined
  /** Whether each install has the number of {@link InstallCounts}, which takes one more call of the store for each. Default is false. */
  readonly counts?: boolean | undefined
}

/**
 * Which accounts have authorized which apps. All methods reject with `store_unavailable`, `outcome_unknown` or
 * `directory_unavailable` if the outcome is not known, and with `account_blocked` if the acting account is blocked.
 */
export interface Installs {
  /**
   * Lists the apps that an account has authorized, those that expire first at the beginning.
   *
   * @throws {@link AppGrantError} `app_not_found` if the caller is neither the host, nor the account, nor above it;
   *   `invalid_cursor`.
   */
  list(query: InstallQuery & { readonly counts: true }): Promise<Page<Install & InstallCounts>>
  /** The same without the numbers. */
  list(query: InstallQuery): Promise<Page<Install>>
  /**
   * Lists the accounts that have authorized an app. An account sees only itself and accounts below it.
   *
   * @throws {@link AppGrantError} `app_not_found` if there is no such app or the caller may not see it; `invalid_cursor`.
   */
  listByApp(query: { readonly app: string } & PageQuery): Promise<Page<Install>>
  /**
   * Returns what an account has authorized an app to do; undefined if it has not, or if the caller may not manage the account.
   */
  get(target: AppAndAccount): Promise<Install | undefined>
  /**
   * Counts all accounts that have authorized an app, including those that the caller may not see.
   *
   * @throws {@link AppGrantError} `app_not_found` if there is no such app or the caller may not see it.
   */
  count(query: { readonly app: string }): Promise<number>
  /**
   * Revokes everything the app holds for the account, atomically. To act for the account again, the app must ask for consent.
   * Returns false if it held nothing, or if the caller may not manage the account.
   */
  withdraw(target: AppAndAccount): Promise<boolean>
}

const PAGE = { cursor: true, limit: true } as const
const LIST = knownMembers<InstallQuery>({ account: true, name: true, counts: true, ...PAGE }, { owner: 'account' })
const LIST_BY_APP = knownMembers<Parameters<Installs['listByApp']>[0]>({ app: true, ...PAGE }, { key: 'app' })
const COUNT = knownMembers<Parameters<Installs['count']>[0]>({ app: true }, { key: 'app' })
const OF = knownMembers<AppAndAccount>({ app: true, account: true }, { key: 'app' })

interface FoundInstall {
  readonly app: LiveApp
  readonly install: LiveInstall
}

export interface InstallsParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly visibleApps: VisibleApps
  readonly freeing: Freeing
  readonly events: Emitter
  readonly clock: () => number
  readonly timeoutMs: number
}

export function createInstalls(
  { collection, pages, visibleApps, freeing, events, clock, timeoutMs }: InstallsParts,
  actor: Actor,
): Installs {
  // What expires in this very millisecond has expired, so lists start after it, as counts do.
  const now = () => ({ position: clock() + 1, id: '' })

  async function list(query: InstallQuery): Promise<Page<Install & InstallCounts>> {
    const { account: given, name, counts = false } = objectInput(query, 'query', LIST)
    const account = accountInput(given)
    const search = searchInput(name)
    const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
    const startedAt = performance.now()
    const authority = await visibleApps.reach(actor, account)
    if (!authority) throw appNotFound()
    const show = async (records: readonly StoreRecord[]) => {
      const found = await withInstalls(records.map((record) => installIndexKind.unpack(record)))
      const isListed = async (one: FoundInstall) =>
        one.app.fields.foldedName.includes(search) && isOfEpoch(one.install, authority)
      return Promise.all(found.map(async (one) => (one && (await isListed(one)) ? one : undefined)))
    }
    const { items, ...rest } = await pages.page(
      {
        identity: ['installs', account, search],
        rows: [[installIndexOfAccount(account)]],
        from: now(),
        show,
        isSearch: search !== '',
      },
      page,
    )
    const numbers = counts
      ? await numbersInTime(items, (one) => ({ liveTokens: liveTokens(one) }), { startedAt, timeoutMs })
      : []
    return { ...rest, items: items.map((one, at) => ({ ...installView(one), ...numbers[at] })) }
  }

  /** The tokens of an owner's own app include those that it got without an install. */
  function liveTokens({ app, install }: FoundInstall): Promise<number> {
    const own = app.owner === install.account ? [appOnlyTokens(app)] : []
    return pages.count([userTokens(app, install), ...own], clock())
  }

  return {
    list,

    async listByApp(query) {
      const app = await visibleApps.get(actor, objectInput(query, 'query', LIST_BY_APP).app)
      const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
      const show = async (records: readonly StoreRecord[]) => {
        const installs = records.map((record) => installKind.unpack(record))
        const shown = installs.map(async (install) =>
          install.state === 'live' && (await isShown(install.account, app)) ? installView({ app, install }) : undefined,
        )
        return Promise.all(shown)
      }
      return pages.page(
        { identity: ['installs of', app.key], rows: [[installsOfApp(app.key)]], from: now(), show },
        page,
      )
    },

    async get(target) {
      const account = accountInput(objectInput(target, 'target', OF).account)
      const app = idInput(target.app, 'app')
      const authority = await visibleApps.reach(actor, account)
      const [found] = authority && isKeyInput(app) ? await withInstalls([{ app, account }]) : []
      return authority && found && (await isOfEpoch(found.install, authority)) ? installView(found) : undefined
    },

    async count(query) {
      const app = await visibleApps.get(actor, objectInput(query, 'query', COUNT).app)
      return pages.count([installsOfApp(app.key)], clock())
    },

    async withdraw(target) {
      const account = accountInput(objectInput(target, 'target', OF).account)
      const key = idInput(target.app, 'app')
      const app = await visibleApps.load(key)
      if (!app || !(await visibleApps.reach(actor, account, app))) return false
      let wasLive = false
      let entry: StoreRecord | undefined
      const ref = installRef({ app: key, install: installId(app, account) })
      // An install that has already ended is written again: only a write confirms it (REV-7).
      await collection.write<StoredInstall>(installKind, ref, async (install, isExpired) => {
        wasLive = install?.state === 'live' && !isExpired
        if (install?.expiresAt === NEVER) [entry] = await collection.get([installIndexRef({ app: key, account })])
        return install && endedInstall(install, clock())
      })
      if (entry) await dropIndexEntry(entry)
      if (wasLive) events.emit('install', actor, { change: 'withdrawn', app: key, account })
      return wasLive
    },
  }

  /**
   * Lets the index entry of an install without end expire. An approval writes the entry after its install: if it came first, the
   * install that was ended is its, and if it comes later, the entry is not replaced.
   */
  async function dropIndexEntry(entry: StoreRecord): Promise<void> {
    try {
      await freeing.indexEntry(entry)
    } catch {
      // The install has ended, which is what counts: the entry only takes space.
    }
  }

  /** An actor that sees the app may see its owner. The directory is asked for any other account. */
  async function isShown(account: string, app: LiveApp): Promise<boolean> {
    if (actor.account === undefined || account === actor.account || account === app.owner) return true
    return (await visibleApps.authorityOver(actor, account)) !== undefined
  }

  /** The installs that index entries refer to, undefined if they have ended. */
  async function withInstalls(entries: readonly AppAndAccount[]): Promise<readonly (FoundInstall | undefined)[]> {
    const apps = await collection.get(entries.map(({ app }) => appRef(app)))
    const found = entries.map(({ account }, at) => {
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

function installView({ app, install }: FoundInstall): Install {
  const { account, installedAt, approvedBy, scope, expiresAt } = install
  const shown = { key: app.key, name: app.fields.name, owner: app.owner }
  const lasting = expiresAt === NEVER ? {} : { expiresAt: new Date(expiresAt) }
  return {
    app: shown,
    account,
    installedAt: new Date(installedAt),
    ...lasting,
    approvedBy,
    scope,
    ...dayOfUse(install),
  }
}
