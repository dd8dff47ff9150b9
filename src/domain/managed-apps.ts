import type { Actor } from '../base/events.ts'
import { isKey } from '../credentials/app-key.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { type Accounts, accountError, isActive, type Lineage } from './accounts.ts'
import { HOST_RANK } from './app-acts.ts'
import { appNotFound } from './app-errors.ts'
import { invalidRequest } from './input.ts'

/** What an actor is to an account: the host, the account itself, or one of its ancestors. */
export interface Sight {
  /** 0 is the account itself, each ancestor is one more, the host is above all. */
  readonly rank: number
  /** The actor, then its ancestors; empty for the host, who needs nobody's permission. */
  readonly actorLineage: Lineage
  /** The account, then its ancestors. The directory is asked once at most. */
  lineage(): Promise<Lineage>
}

/** Apps as an actor may see and change them: everything else is not found (LST-4). */
export interface ManagedApps {
  /** Undefined where the actor is neither the host, nor the account, nor above it. */
  sight(actor: Actor, account: string): Promise<Sight | undefined>
  /** Whoever asks: for callers that judge by something else than the app's owner. */
  load(key: string): Promise<LiveApp | undefined>
  find(actor: Actor, key: string): Promise<LiveApp | undefined>
  /** Rejects with `app_not_found` where {@link find} finds nothing. */
  get(actor: Actor, key: string): Promise<LiveApp>
  /** Replaces the app's record by what `next` makes of it, atomically. */
  change(actor: Actor, key: string, next: (app: LiveApp, sight: Sight) => LiveApp | Promise<LiveApp>): Promise<LiveApp>
}

export function createManagedApps({
  collection,
  accounts,
}: {
  collection: Collection
  accounts: Accounts
}): ManagedApps {
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
      // An account that the directory does not know is still itself: it gets the error that says so.
      if (rank < 0 && actor !== account) return undefined
      const actorLineage = states.slice(Math.max(rank, 0))
      if (!isActive(actorLineage))
        throw accountError('account_blocked', 'The acting account, or one above it, is not active or not known.')
      return { rank, actorLineage, lineage }
    },
    async load(key) {
      const app = isKeyInput(key) ? await collection.load(appKind, appRef(key)) : undefined
      return app?.state === 'live' ? app : undefined
    },
    async find(actor, key) {
      const app = await managed.load(key)
      const sight = app && (await managed.sight(actor, app.owner))
      return sight && (await isVisible(app, sight)) ? app : undefined
    },
    async get(actor, key) {
      return (await managed.find(actor, key)) ?? Promise.reject(appNotFound())
    },
    async change(actor, key, next) {
      if (!isKeyInput(key)) throw appNotFound()
      let sight: Sight | undefined
      const written = await collection.write<StoredApp>(appKind, appRef(key), async (app) => {
        if (app?.state !== 'live') throw appNotFound()
        sight ??= await managed.sight(actor, app.owner)
        if (!sight || !(await isVisible(app, sight))) throw appNotFound()
        return next(app, sight)
      })
      return written as LiveApp
    },
  }
  return managed
}

/** An owner of another epoch is another owner: it does not find what its predecessor left (ACC-7). */
export async function isVisible(app: LiveApp, sight: Sight): Promise<boolean> {
  return sight.rank !== 0 || isOfEpoch(app, sight)
}

/** Whether something was made under the account's present epoch. */
export async function isOfEpoch({ epoch }: { readonly epoch?: string }, sight: Sight): Promise<boolean> {
  return (await sight.lineage())[0]?.epoch === epoch
}

/** Whether the text could be a key: nothing is read for any other. */
export function isKeyInput(key: unknown): boolean {
  if (typeof key !== 'string') throw invalidRequest('key', "an app's key as a string", key)
  return isKey(key)
}
