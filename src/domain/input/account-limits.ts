import { createWindows, type Windows } from '../../base/windows.ts'
import { nameOf } from '../../credentials/digest.ts'
import { limitReached } from './limit-reached.ts'

const MINUTE_MS = 60_000
/** As long as a consent request is open. */
const TEN_MINUTES_MS = 600_000

/** Keeps one signed-in account from filling the store (APP-14). Each method throws `limit_reached`. */
export interface AccountLimits {
  /** Counts a change by an account. Changes by the host are not limited. */
  assertMayChange(actor: { readonly account?: string }): void
  /** Counts a consent request of an account. */
  assertMayAsk(account: string): void
}

export function createAccountLimits(parts: {
  readonly clock: () => number
  readonly limits: { readonly changesPerMinute: number; readonly consentRequestsPerAccount: number }
}): AccountLimits {
  const { clock, limits } = parts
  const changes = createWindows({ clock, windowMs: MINUTE_MS })
  const consents = createWindows({ clock, windowMs: TEN_MINUTES_MS })

  function count(windows: Windows, account: string, limit: keyof typeof limits): void {
    // An account id may have any characters.
    const retryAfterSeconds = windows.count(nameOf(24, account), limits[limit])
    if (retryAfterSeconds > 0) throw limitReached({ limit, retryAfterSeconds })
  }

  return {
    assertMayChange({ account }) {
      if (account !== undefined) count(changes, account, 'changesPerMinute')
    },
    assertMayAsk: (account) => count(consents, account, 'consentRequestsPerAccount'),
  }
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
