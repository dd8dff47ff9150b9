import type { Actor, EventSource } from '../base/events.ts'
import type { RefusalReason } from '../base/refusal-reasons.ts'
import { isKey } from '../credentials/app-key.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { type Accounts, accountError, isActive, type Lineage } from './accounts.ts'
import { HOST_RANK } from './app-acts.ts'
import { appNotFound } from './app-errors.ts'
import { invalidRequest } from './input.ts'
import { concerning, type Known, type Refusals } from './refusals.ts'

/** The authority of an actor over an account: as the host, as the account itself, or as one of its ancestors. */
export interface Sight {
  /** 0 for the account itself, one more for each ancestor, and the highest for the host. */
  readonly rank: number
  /** The actor, then its ancestors; empty for the host, which needs no permission. */
  readonly actorLineage: Lineage
  /** The account, then its ancestors. Asks the directory at most once. */
  lineage(): Promise<Lineage>
}

/** The apps that an actor may see and change: all others are not found (LST-4). */
export interface ManagedApps {
  /** Undefined if the actor is neither the host, nor the account, nor above it. */
  sight(actor: Actor, account: string): Promise<Sight | undefined>
  /** The same for an account that the caller has named. If the actor may not see it, that is reported as refused. */
  reach(actor: Actor, account: string, app?: LiveApp): Promise<Sight | undefined>
  /**
   * The authority of an actor over the owner of an app. If the actor may not see the app, that is reported as refused.
   *
   * @param asked - the authority, if the directory was asked before.
   */
  reachApp(actor: Actor, app: LiveApp, asked?: Sight): Promise<Sight | undefined>
  /** Loads an app for any actor, if something other than its owner decides who may see it. */
  load(key: string): Promise<LiveApp | undefined>
  find(actor: Actor, key: string): Promise<LiveApp | undefined>
  /** Rejects with `app_not_found` if `find` finds nothing. */
  get(actor: Actor, key: string): Promise<LiveApp>
  /** Replaces the app's record with the result of `next`, atomically. `next` may run several times. */
  change(actor: Actor, key: string, next: (app: LiveApp, sight: Sight) => LiveApp | Promise<LiveApp>): Promise<LiveApp>
}

/** @param source - where the request of the actor came from. */
export function createManagedApps({
  collection,
  accounts,
  refusals,
  source,
}: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly refusals: Refusals
  readonly source: EventSource
}): ManagedApps {
  const refuse = (actor: Actor, known: Known, reason: RefusalReason<'app_not_found'>) =>
    refusals.report(actor, { ...known, ...source }, 'app_not_found', reason)
  const managed: ManagedApps = {
    async sight({ account: actor }, account) {
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
      const sight = await managed.sight(actor, account)
      if (!sight) refuse(actor, app ? { app: app.key } : {}, 'account_out_of_reach')
      return sight
    },
    async reachApp(actor, app, asked) {
      const sight = asked ?? (await managed.sight(actor, app.owner))
      if (sight && (await isVisible(app, sight))) return sight
      refuse(actor, { app: app.key }, 'app_of_another_account')
      return undefined
    },
    async load(key) {
      const app = isKeyInput(key) ? await collection.load(appKind, appRef(key)) : undefined
      return app?.state === 'live' ? app : undefined
    },
    async find(actor, key) {
      const app = await managed.load(key)
      return app && (await managed.reachApp(actor, app)) ? app : undefined
    },
    async get(actor, key) {
      return (await managed.find(actor, key)) ?? Promise.reject(appNotFound())
    },
    async change(actor, key, next) {
      if (!isKeyInput(key)) throw appNotFound()
      let sight: Sight | undefined
      const written = await collection.write<StoredApp>(appKind, appRef(key), async (app) => {
        if (app?.state !== 'live') throw appNotFound()
        sight = await managed.reachApp(actor, app, sight)
        if (!sight) throw appNotFound()
        try {
          return await next(app, sight)
        } catch (error) {
          concerning(error, key)
          throw error
        }
      })
      return written as LiveApp
    },
  }
  return managed
}

/** An owner of another epoch is another owner, and must not find the apps of its predecessor (ACC-7). */
export async function isVisible(app: LiveApp, sight: Sight): Promise<boolean> {
  return sight.rank !== 0 || isOfEpoch(app, sight)
}

/** Whether something was created under the account's current epoch. */
export async function isOfEpoch({ epoch }: { readonly epoch?: string }, sight: Sight): Promise<boolean> {
  return (await sight.lineage())[0]?.epoch === epoch
}

/** Whether the string has the form of a key. If not, nothing needs to be read. */
export function isKeyInput(key: unknown): boolean {
  if (typeof key !== 'string') throw invalidRequest('key', "an app's key as a string", key)
  return isKey(key)
}
