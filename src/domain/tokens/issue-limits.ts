import { createBoundedMap } from '../../base/bounded-map.ts'
import { createWindows } from '../../base/windows.ts'
import type { LiveApp } from '../../records/app.ts'
import type { GroupRef } from '../../records/collection.ts'
import type { LiveInstall } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import { limitReached } from '../input/limit-reached.ts'

const SECOND_MS = 1000
/** How many tokens a process issues to a holder before it counts them for the first time. */
const UNCOUNTED = 100
/** Which part of the room that is left a process uses before it counts again: others use it too. */
const SHARE = 8
const RETRY_AFTER_SECONDS = 60
/** Which part of an app's issues one account that has authorized it can take, so that it cannot take those of the others. */
const ACCOUNT_SHARE = 4
/** About 20,000 holders. */
const MAX_BYTES = 4_000_000
const HOLDER_BYTES = 200

/** Keeps one app from filling the store with tokens (APP-14). */
export interface IssueLimits {
  /**
   * Throws `limit_reached` if the app, or the account of the install, has been issued too many tokens in this second, or if there are
   * too many live ones. The store counts them once in many calls; until then the result is undefined.
   */
  assertMayIssue(app: LiveApp, install?: LiveInstall): Promise<void> | undefined
}

export function createIssueLimits(parts: {
  readonly pages: Pages
  readonly clock: () => number
  readonly limits: { readonly tokensPerAccount: number; readonly issuesPerSecond: number }
}): IssueLimits {
  const { pages, clock, limits } = parts
  const seconds = createWindows({ clock, windowMs: SECOND_MS })
  const holders = createBoundedMap<{ left: number }>({ maxBytes: MAX_BYTES })

  return {
    assertMayIssue(app, install) {
      const group = install ? userTokens(app, install) : appOnlyTokens(app)
      // What is refused to one account must not count for the others.
      if (install) countIssue(install.id, Math.ceil(limits.issuesPerSecond / ACCOUNT_SHARE))
      countIssue(app.key, limits.issuesPerSecond)
      let holder = holders.get(group.group)
      if (!holder) {
        holder = { left: Math.min(UNCOUNTED, Math.floor(limits.tokensPerAccount / SHARE)) }
        holders.set(group.group, holder, { bytes: HOLDER_BYTES })
      }
      return holder.left-- > 0 ? undefined : countFor(holder, group)
    },
  }

  function countIssue(name: string, max: number): void {
    const wait = seconds.count(name, max)
    if (wait > 0) throw limitReached({ limit: 'issuesPerSecond', retryAfterSeconds: wait })
  }

  async function countFor(holder: { left: number }, group: GroupRef): Promise<void> {
    const room = limits.tokensPerAccount - (await pages.count([group], clock()))
    if (room <= 0) throw limitReached({ limit: 'tokensPerAccount', retryAfterSeconds: RETRY_AFTER_SECONDS })
    holder.left = Math.floor(room / SHARE)
  }
}
