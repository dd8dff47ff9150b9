import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired, type StoreRecord } from '../../records/collection.ts'
import { installId, installKind, installRef, installsOfApp } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import { type Accounts, askingOnce } from '../accounts/accounts.ts'
import type { AppCounts } from './app.ts'
import { numbersInTime } from './numbers-in-time.ts'
import type { Authority } from './visible-apps.ts'

/**
 * Counts what several apps hold: the installs of all of them are read at once, and the directory is asked only for the epoch of an
 * owner that has authorized its own app. A number that the store cannot say in time is left out.
 */
export type CountApps = (
  apps: readonly LiveApp[],
  call: {
    /** The authority over the owner of all of them; undefined if they are of several. */
    readonly authority: Authority | undefined
    /** The `performance.now()` at which the call began. The numbers should not make it longer than `timeoutMs`. */
    readonly startedAt: number
  },
) => Promise<readonly AppCounts[]>

export function createCountApps(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
  readonly clock: () => number
  readonly timeoutMs: number
}): CountApps {
  const { collection, pages, clock, timeoutMs } = parts

  return async (apps, { authority, startedAt }) => {
    if (apps.length === 0) return []
    const accounts = askingOnce(parts.accounts)
    const lineageOf = (owner: string) => (authority ? authority.lineage() : accounts.lineage(owner))
    const now = clock()
    const installs = collection.get(apps.map((app) => installRef({ app: app.key, install: installId(app, app.owner) })))
    const liveTokens = async (app: LiveApp, at: number): Promise<number> => {
      const install = liveInstall((await installs)[at], now)
      const isCurrent = install && install.epoch === (await lineageOf(app.owner))[0]?.epoch
      return pages.count([appOnlyTokens(app), ...(isCurrent ? [userTokens(app, install)] : [])], now)
    }
    return numbersInTime(
      [...apps.entries()],
      ([at, app]) => ({
        instances: pages.count([installsOfApp(app.key)], now),
        liveTokens: liveTokens(app, at),
      }),
      { startedAt, timeoutMs },
    )
  }
}

function liveInstall(record: StoreRecord | undefined, now: number) {
  const found = record && !hasExpired(record, now) ? installKind.unpack(record) : undefined
  return found?.state === 'live' ? found : undefined
}
