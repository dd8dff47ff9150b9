import type { Actor } from '../../base/events.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import { installId, installKind, installRef, installsOfApp, type LiveInstall } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { AppCounts } from './app.ts'

/**
 * Counts what several apps hold: the installs of all of them are read at once, and the directory is asked only for the epoch of the
 * account, unless it is known.
 */
export type CountApps = (apps: readonly LiveApp[], actorEpoch: Epoch | undefined) => Promise<readonly AppCounts[]>

/** The current epoch of the acting account. */
export interface Epoch {
  readonly epoch: string | undefined
}

export function createCountApps(
  parts: {
    readonly collection: Collection
    readonly pages: Pages
    readonly accounts: Accounts
    readonly clock: () => number
  },
  actor: Actor,
): CountApps {
  const { collection, pages, accounts, clock } = parts

  return async (apps, actorEpoch) => {
    const holders = apps.map((app) => actor.account ?? app.owner)
    const epochs = new Map<string, Promise<string | undefined>>()
    const epochOf = (account: string) => {
      const known = epochs.get(account)
      const epoch = known ?? accounts.lineage(account).then(([state]) => state?.epoch)
      if (!known) epochs.set(account, epoch)
      return epoch
    }
    const records = await collection.get(
      apps.map((app, at) => installRef({ app: app.key, install: installId(app, holders[at] as string) })),
    )
    const now = clock()
    return fewAtOnce([...apps.keys()], async (at) => {
      const app = apps[at] as LiveApp
      const holder = holders[at] as string
      const record = records[at]
      const found = record && !hasExpired(record, now) ? installKind.unpack(record) : undefined
      const install = found?.state === 'live' ? found : undefined
      const isCurrent = install && install.epoch === (actorEpoch ? actorEpoch.epoch : await epochOf(holder))
      return count(app, { holder, now, install: isCurrent ? install : undefined })
    })
  }

  async function count(
    app: LiveApp,
    of: { readonly holder: string; readonly install: LiveInstall | undefined; readonly now: number },
  ): Promise<AppCounts> {
    const groups = [
      ...(of.holder === app.owner ? [appOnlyTokens(app)] : []),
      ...(of.install ? [userTokens(app, of.install)] : []),
    ]
    const [instances, liveTokens] = await Promise.all([
      pages.count([installsOfApp(app.key)], of.now),
      pages.count(groups, of.now),
    ])
    return { instances, liveTokens }
  }
}
