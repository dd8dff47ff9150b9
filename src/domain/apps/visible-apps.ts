import type { AppGrantError } from '../../base/errors.ts'
import type { Actor, EventSource } from '../../base/events.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { isKey } from '../../credentials/app-key.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { type Accounts, accountError, isActive, type Lineage } from '../accounts/accounts.ts'
import { invalidRequest } from '../input/input.ts'
import { concerning, type Known, type Refusals } from '../refusals.ts'
import { appNotFound } from './app-errors.ts'
import { HOST_RANK } from './app-transitions.ts'
import type { FindApp } from './find-app.ts'

/** The authority of an actor over an account: as the host, as the account itself, or as one of its ancestors. */
export interface Authority {
  /** 0 for the account itself, one more for each ancestor, and the highest for the host. */
  readonly rank: number
  /** The actor, then its ancestors; empty for the host, which needs no permission. */
  readonly actorLineage: Lineage
  /** The account, then its ancestors. Asks the directory at most once. */
  lineage(): Promise<Lineage>
}

/** The apps that an actor may see and change: all others are not found (LST-4). */
export interface VisibleApps {
  /** Undefined if the actor is neither the host, nor the account, nor above it. */
  authorityOver(actor: Actor, account: string): Promise<Authority | undefined>
  /** The same for an account that the caller has named. If the actor may not see it, that is reported as refused. */
  reach(actor: Actor, account: string, app?: LiveApp): Promise<Authority | undefined>
  /**
   * The authority of an actor over the owner of an app. If the actor may not see the app, that is reported as refused.
   *
   * @param asked - the authority, if the directory was asked before.
   */
  reachApp(actor: Actor, app: LiveApp, asked?: Authority): Promise<Authority | undefined>
  /** Loads an app for any actor, if something other than its owner decides who may see it. */
  load(key: string): Promise<LiveApp | undefined>
  find(actor: Actor, key: string): Promise<LiveApp | undefined>
  /** The same, with the authority that shows the app. */
  findWithAuthority(
    actor: Actor,
    key: string,
  ): Promise<{ readonly app: LiveApp; readonly authority: Authority } | undefined>
  /** Rejects with `app_not_found` if `find` finds nothing. */
  get(actor: Actor, key: string): Promise<LiveApp>
  /** Replaces the app's record with the result of `next`, atomically. `next` may run several times. */
  change(
    actor: Actor,
    key: string,
    next: (app: LiveApp, authority: Authority) => LiveApp | Promise<LiveApp>,
  ): Promise<LiveApp>
}

/** @param source - where the request of the actor came from. */
export function createVisibleApps({
  collection,
  findApp,
  accounts,
  refusals,
  source,
}: {
  readonly collection: Collection
  readonly findApp: FindApp
  readonly accounts: Accounts
  readonly refusals: Refusals
  readonly source: EventSource
}): VisibleApps {
  const refuse = (actor: Actor, known: Known, reason: RefusalReason<'app_not_found'>) =>
    refusals.report(actor, { ...known, ...source }, 'app_not_found', reason)
  const visibleApps: VisibleApps = {
    async authorityOver({ account: actor }, account) {
      let asked: Promise<Lineage> | undefined
      const lineage = () => {
        asked ??= accounts.lineage(account)
        return asked
      }
      if (actor === undefined) return { rank: HOST_RANK, actorLineage: [], lineage }
      const states = await lineage()
      const rank = states.findIndex((state) => state.id === actor)
      // An actor that the directory does not know still manages itself, and gets the error that says so.
      if (rank < 0 && actor !== account) return undefined
      const actorLineage = states.slice(Math.max(rank, 0))
      if (!isActive(actorLineage))
        throw accountError(
          'account_blocked',
          'The acting account or one above it is blocked or unknown to the directory.',
        )
      return { rank, actorLineage, lineage }
    },
    async reach(actor, account, app) {
      const authority = await visibleApps.authorityOver(actor, account)
      if (!authority) refuse(actor, app ? { app: app.key } : {}, 'account_out_of_reach')
      return authority
    },
    async reachApp(actor, app, asked) {
      const authority = asked ?? (await visibleApps.authorityOver(actor, app.owner))
      if (authority && (await isVisible(app, authority))) return authority
      refuse(actor, { app: app.key }, 'app_of_another_account')
      return undefined
    },
    async load(key) {
      const app = isKeyInput(key) ? await collection.load(appKind, appRef(key)) : undefined
      return app?.state === 'live' ? app : undefined
    },
    async find(actor, key) {
      return (await visibleApps.findWithAuthority(actor, key))?.app
    },
    async findWithAuthority(actor, key) {
      if (typeof key !== 'string') throw wrongKey(key)
      const app = await findApp.find(key)
      const authority = app?.state === 'live' ? await visibleApps.reachApp(actor, app) : undefined
      return authority && { app: app as LiveApp, authority }
    },
    async get(actor, key) {
      return (await visibleApps.find(actor, key)) ?? Promise.reject(appNotFound())
    },
    async change(actor, key, next) {
      if (!isKeyInput(key)) throw appNotFound()
      let authority: Authority | undefined
      const written = await collection.write<StoredApp>(appKind, appRef(key), async (app) => {
        if (app?.state !== 'live') throw appNotFound()
        authority = await visibleApps.reachApp(actor, app, authority)
        if (!authority) throw appNotFound()
        try {
          return await next(app, authority)
        } catch (error) {
          concerning(error, key)
          throw error
        }
      })
      return written as LiveApp
    },
  }
  return visibleApps
}

/** An owner of another epoch is another owner, and must not find the apps of its predecessor (ACC-7). */
export async function isVisible(app: LiveApp, authority: Authority): Promise<boolean> {
  return authority.rank !== 0 || isOfEpoch(app, authority)
}

/** Whether something was created under the account's current epoch. */
export async function isOfEpoch({ epoch }: { readonly epoch?: string }, authority: Authority): Promise<boolean> {
  return (await authority.lineage())[0]?.epoch === epoch
}

/** Whether the string has the form of a key. If not, nothing needs to be read. */
export function isKeyInput(key: unknown): boolean {
  if (typeof key !== 'string') throw wrongKey(key)
  return isKey(key)
}

function wrongKey(key: unknown): AppGrantError {
  return invalidRequest('key', "an app's key as a string", key)
}
