import { AppGrantError, isAppGrantError } from '../../base/errors.ts'
import type { Actor, Emitter } from '../../base/events.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import { type KnownMembers, knownMembers } from '../../base/known-members.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection, GroupRef, StoreRecord } from '../../records/collection.ts'
import { installId, installKind, installRef, type LiveInstall } from '../../records/install.ts'
import type { Page, PageQuery, Pages } from '../../records/pages.ts'
import {
  appOnlyHolder,
  appOnlyTokens,
  holderOf,
  removedToken,
  type StoredToken,
  tokenKind,
  tokenRef,
  userHolder,
  userTokens,
} from '../../records/token.ts'
import { appNotFound } from '../apps/app-errors.ts'
import * as transitions from '../apps/app-transitions.ts'
import { isOfEpoch, isVisible, type VisibleApps } from '../apps/visible-apps.ts'
import type { AppAndAccount } from '../input/app-and-account.ts'
import {
  accountInput,
  cursorInput,
  idInput,
  invalidRequest,
  isTextList,
  limitInput,
  objectInput,
} from '../input/input.ts'

const MAX_REMOVED = 1000

/** An access token without its value. */
export interface TokenInfo {
  readonly id: string
  /** `app`: issued to the app alone, for its owner. `user`: authorized by the account. */
  readonly kind: 'app' | 'user'
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly scope: readonly string[]
  /** User agent of the request that the token was issued to, at most 512 characters. Absent if it had none. */
  readonly userAgent?: string
}

/**
 * The management of live access tokens of (app, account), including those of a suspended app (TOK-4). It is not a `Store`: it
 * keeps its data in the `store` of `createAppGrant`.
 *
 * All methods reject with `app_not_found` if the caller is neither the host, nor the account, nor above it, or if the app holds
 * nothing for the account; with `store_unavailable`, `outcome_unknown` or `directory_unavailable` if the outcome is not known;
 * and with `account_blocked` if the acting account is blocked.
 */
export interface TokenStore {
  /** Lists the tokens, those that expire first at the beginning. @throws {@link AppGrantError} `invalid_cursor`. */
  list(query: AppAndAccount & PageQuery): Promise<Page<TokenInfo>>
  /** Counts the tokens that `list` returns. */
  count(query: AppAndAccount): Promise<number>
  /**
   * Revokes the tokens with these ids, at most 1000, each atomically. Ids that match no token of theirs are ignored.
   *
   * @throws {@link AppGrantError} `outcome_unknown` also if some were revoked and others not: repeat the call.
   */
  remove(target: AppAndAccount & { readonly ids: readonly string[] }): Promise<void>
  /** Revokes all tokens, atomically and at a cost that does not depend on their number. Tokens issued later are not affected. */
  removeAll(target: AppAndAccount): Promise<void>
}

const HOLDER = { app: true, account: true } as const
const LIST = knownMembers<Parameters<TokenStore['list']>[0]>({ ...HOLDER, cursor: true, limit: true }, { key: 'app' })
const COUNT = knownMembers<AppAndAccount>(HOLDER, { key: 'app' })
const REMOVE = knownMembers<Parameters<TokenStore['remove']>[0]>({ ...HOLDER, ids: true }, { key: 'app' })
const REMOVE_ALL = knownMembers<AppAndAccount>(HOLDER, { key: 'app', ids: 'remove, which takes ids' })

/** The app, and the install through which it acts for the account. The owner needs no install. */
type Held = { readonly app: LiveApp } & (
  | { readonly isOwner: true; readonly install: LiveInstall | undefined }
  | { readonly isOwner: false; readonly install: LiveInstall }
)

export function createTokenStore(
  parts: {
    readonly collection: Collection
    readonly pages: Pages
    readonly visibleApps: VisibleApps
    readonly events: Emitter
    readonly stamp: () => string
    readonly clock: () => number
  },
  actor: Actor,
): TokenStore {
  const { collection, pages, visibleApps, events, stamp, clock } = parts

  return {
    async list(query) {
      const { app, account } = read(query, LIST)
      const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
      const found = await find(app, account)
      const show = async (records: readonly StoreRecord[]) =>
        records.map((record) => tokenInfo(tokenKind.unpack(record)))
      // What expires in this very millisecond has expired, so the list starts after it, as the count does.
      const from = { position: clock() + 1, id: '' }
      return pages.page({ identity: ['tokens', app, account], rows: [groupsOf(found)], from, show }, page)
    },

    async count(query) {
      const { app, account } = read(query, COUNT)
      return pages.count(groupsOf(await find(app, account)), clock())
    },

    async remove(target) {
      const { app, account } = read(target, REMOVE)
      const ids = idsInput(target.ids)
      const found = await find(app, account, { evenExpired: true })
      const failures: unknown[] = []
      const removed = await fewAtOnce(ids, async (id) => {
        if (failures.length > 0) return undefined
        return removeOne(found, id).catch((error: unknown) => void failures.push(error))
      })
      const tokenIds = removed.filter((id) => id !== undefined)
      if (tokenIds.length > 0) events.emit('token', actor, { change: 'removed', app, account, tokenIds })
      if (failures.length > 0) throw failureOf(failures, tokenIds.length > 0)
    },

    async removeAll(target) {
      const { app, account } = read(target, REMOVE_ALL)
      const held = await find(app, account, { evenExpired: true })
      await (held.isOwner ? removeOwned(held.app) : removeInstalled(held.app, held.install))
      events.emit('token', actor, { change: 'all_removed', app, account, tokenIds: [] })
    },
  }

  function read(query: AppAndAccount, known: KnownMembers): AppAndAccount {
    return { app: idInput(objectInput(query, 'query', known).app, 'app'), account: accountInput(query.account) }
  }

  async function find(key: string, account: string, options?: { readonly evenExpired: boolean }): Promise<Held> {
    const app = await visibleApps.load(key)
    const authority = app && (await visibleApps.reach(actor, account, app))
    if (!app || !authority) throw appNotFound()
    const isOwner = app.owner === account
    if (isOwner && !(await isVisible(app, authority))) throw appNotFound()
    const ref = installRef({ app: key, install: installId(app, account) })
    const found = await collection.load(installKind, ref, options)
    const install = found?.state === 'live' && (await isOfEpoch(found, authority)) ? found : undefined
    if (isOwner) return { app, isOwner, install }
    if (!install) throw appNotFound()
    return { app, isOwner, install }
  }

  function groupsOf({ app, install, isOwner }: Held): readonly GroupRef[] {
    return [...(isOwner ? [appOnlyTokens(app)] : []), ...(install ? [userTokens(app, install)] : [])]
  }

  /**
   * A removed token is written again: only a write confirms it (REV-7).
   *
   * @returns its id, if it was valid.
   */
  async function removeOne(held: Held, id: string): Promise<string | undefined> {
    const { app, install, isOwner } = held
    const groups = groupsOf(held).map(({ group }) => group)
    let wasValid = false
    const holders = [...(isOwner ? [appOnlyHolder(app.key)] : []), ...(install ? [userHolder(install.id)] : [])]
    const removed = await collection.write(tokenKind, tokenRef({ app: app.key, token: id }), (token, isExpired) => {
      wasValid = token?.state === 'live' && groups.includes(token.group) && !isExpired
      return token && holders.includes(holderOf(token)) ? removedToken(token) : undefined
    })
    return wasValid ? removed?.id : undefined
  }

  // `find` has authorized the caller: the directory is asked at most once per decision (ACC-1).
  async function removeOwned(app: LiveApp): Promise<void> {
    await collection.write<StoredApp>(appKind, appRef(app.key), (found) => {
      if (found?.state !== 'live') throw appNotFound()
      return transitions.removeOwnerTokens(found, stamp())
    })
  }

  async function removeInstalled(app: LiveApp, install: LiveInstall): Promise<void> {
    const ref = installRef({ app: app.key, install: install.id })
    await collection.write(installKind, ref, (found) => {
      if (found?.state !== 'live') throw appNotFound()
      return { ...found, tokenStamp: stamp() }
    })
  }
}

function tokenInfo(token: StoredToken): TokenInfo | undefined {
  if (token.state !== 'live') return undefined
  const { id, scope, userAgent } = token
  const [issuedAt, expiresAt] = [new Date(token.issuedAt), new Date(token.expiresAt)]
  const kind = token.stage === undefined ? 'app' : 'user'
  return { id, kind, issuedAt, expiresAt, scope, ...(userAgent !== undefined && { userAgent }) }
}

function idsInput(ids: unknown): readonly string[] {
  if (!isTextList(ids, MAX_REMOVED)) throw invalidRequest('ids', `a list of at most ${MAX_REMOVED} token ids`, ids)
  return [...new Set(ids)].filter((id) => id.length === WIDTH.token && /^[A-Za-z0-9]+$/.test(id))
}

/** The error of several removals: `store_unavailable` says that nothing was done, which must be true of all of them. */
function failureOf(failures: readonly unknown[], isSomeDone: boolean): unknown {
  const [first] = failures
  const uncertain = failures.find((error) => isAppGrantError(error, 'outcome_unknown'))
  if (uncertain !== undefined || !isSomeDone || !isAppGrantError(first)) return uncertain ?? first
  const { message, cause } = first
  const hint = 'Some of the tokens were removed. Repeat the call until it succeeds.'
  return new AppGrantError('outcome_unknown', { message, hint, cause })
}
