import { isAppGrantError } from '../../base/errors.ts'
import type { Actor } from '../../base/events.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired, type StoreRecord } from '../../records/collection.ts'
import { installId, installKind, installRef, installsOfApp } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import { type Accounts, askingOnce } from '../accounts/accounts.ts'
import type { AppCounts } from './app.ts'

/** The least part of `timeoutMs` that numbers are waited for, if the rest of the call took longer. */
const LEAST_PART = 5

/**
 * Counts what several apps hold: the installs of all of them are read at once, and the directory is asked only for the epoch of the
 * account, unless it is known. A number that the store cannot say in time is left out: it must not cost the apps themselves.
 */
export type CountApps = (
  apps: readonly LiveApp[],
  known: {
    /** The current epoch of the acting account; undefined for the host, which has none. */
    readonly epoch: Epoch | undefined
    /** The `performance.now()` at which the call began. The numbers should not make it longer than `timeoutMs`. */
    readonly startedAt: number
  },
) => Promise<readonly AppCounts[]>

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
    readonly timeoutMs: number
  },
  actor: Actor,
): CountApps {
  const { collection, pages, clock, timeoutMs } = parts
  const holderOf = (app: LiveApp) => actor.account ?? app.owner

  return async (apps, { epoch, startedAt }) => {
    if (apps.length === 0) return []
    const accounts = askingOnce(parts.accounts)
    const now = clock()
    const rows = apps.map((app, at) => ({ app, at, counts: {} as Writable<AppCounts> }))
    let isLate = false
    const installs = collection.get(
      apps.map((app) => installRef({ app: app.key, install: installId(app, holderOf(app)) })),
    )
    const liveTokens = async (app: LiveApp, at: number): Promise<number> => {
      const holder = holderOf(app)
      const install = liveInstall((await installs)[at], now)
      const isCurrent = install && install.epoch === (epoch ?? (await accounts.lineage(holder))[0])?.epoch
      const groups = [
        ...(holder === app.owner ? [appOnlyTokens(app)] : []),
        ...(isCurrent ? [userTokens(app, install)] : []),
      ]
      return pages.count(groups, now)
    }
    const counting = fewAtOnce(rows, async ({ app, at, counts }) => {
      if (isLate) return
      const note = async (name: keyof AppCounts, number: Promise<number>) => {
        const known = await unlessOutage(number)
        if (known !== undefined && !isLate) counts[name] = known
      }
      await Promise.all([
        note('instances', pages.count([installsOfApp(app.key)], now)),
        note('liveTokens', liveTokens(app, at)),
      ])
    })
    const left = startedAt + timeoutMs - performance.now()
    await waitFor(counting, Math.max(left, timeoutMs / LEAST_PART))
    isLate = true
    return rows.map(({ counts }) => counts)
  }
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

function liveInstall(record: StoreRecord | undefined, now: number) {
  const found = record && !hasExpired(record, now) ? installKind.unpack(record) : undefined
  return found?.state === 'live' ? found : undefined
}

async function unlessOutage(number: Promise<number>): Promise<number | undefined> {
  try {
    return await number
  } catch (error) {
    if (!isAppGrantError(error, 'store_unavailable', 'directory_unavailable')) throw error
    return undefined
  }
}

/** Waits until the work is done, but no longer than `ms`. */
async function waitFor(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
