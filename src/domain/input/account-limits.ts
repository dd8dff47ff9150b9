import { createWindows, type Windows } from '../../base/windows.ts'
import { nameOf } from '../../credentials/digest.ts'
import { limitReached } from './limit-reached.ts'

const MINUTE_MS = 60_000
/** As long as a consent request is open, and a user code that was entered. */
const TEN_MINUTES_MS = 600_000
const HOUR_MS = 3_600_000
/** The part of the user codes of an hour that may wait for a device at once. */
const WAITING_PART = 3

/** Keeps one signed-in account from filling the store (APP-14). Each method throws `limit_reached`. */
export interface AccountLimits {
  /** Counts a change by an account. Changes by the host are not limited. */
  assertMayChange(actor: { readonly account?: string }): void
  /** Counts a consent request of an account. */
  assertMayAsk(account: string): void
  /** Counts a user code of a device that an account enters. */
  assertMayEnter(account: string): void
  /** Takes back such a code: there was a device, and the account has decided about it. */
  entryWasDecided(account: string): void
}

export function createAccountLimits(parts: {
  readonly clock: () => number
  readonly limits: {
    readonly changesPerMinute: number
    readonly consentRequestsPerAccount: number
    readonly userCodesPerHour: number
  }
}): AccountLimits {
  const { clock, limits } = parts
  const changes = createWindows({ clock, windowMs: MINUTE_MS })
  const consents = createWindows({ clock, windowMs: TEN_MINUTES_MS })
  const waiting = createWindows({ clock, windowMs: TEN_MINUTES_MS })
  const entered = createWindows({ clock, windowMs: HOUR_MS })

  function count(windows: Windows, account: string, limit: keyof typeof limits, max: number = limits[limit]): void {
    const retryAfterSeconds = windows.count(windowOf(account), max)
    if (retryAfterSeconds > 0) throw limitReached({ limit, retryAfterSeconds })
  }

  return {
    assertMayChange({ account }) {
      if (account !== undefined) count(changes, account, 'changesPerMinute')
    },
    assertMayAsk: (account) => count(consents, account, 'consentRequestsPerAccount'),
    assertMayEnter(account) {
      const { userCodesPerHour: max } = limits
      count(entered, account, 'userCodesPerHour')
      count(waiting, account, 'userCodesPerHour', Math.max(1, Math.floor(max / WAITING_PART)))
    },
    entryWasDecided(account) {
      for (const windows of [entered, waiting]) windows.uncount(windowOf(account))
    },
  }
}

/** An account id may have any characters. */
function windowOf(account: string): string {
  return nameOf(24, account)
}

/** The same methods, each of which counts as a change unless it only reads. */
export function limitingChanges<Api extends object>(
  api: Api,
  { assertMayChange }: AccountLimits,
  actor: { readonly account?: string },
): Api {
  type Method = (...args: never[]) => Promise<unknown>
  const limited = Object.entries(api).map(([name, run]: [string, Method]) => {
    if (READS.has(name)) return [name, run]
    const method: Method = async (one, two, three) => {
      assertMayChange(actor)
      return run(one, two, three)
    }
    return [name, method]
  })
  return Object.fromEntries(limited)
}

const READS = new Set(['get', 'list', 'listByApp', 'count', 'permissions'])
