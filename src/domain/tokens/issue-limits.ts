import { createBoundedMap } from '../../base/bounded-map.ts'
import { createWindows } from '../../base/windows.ts'
import type { LiveApp } from '../../records/app.ts'
import type { GroupRef } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import { limitReached } from '../input/limit-reached.ts'

const SECOND_MS = 1000
/** How many tokens a process issues to a holder before it counts them for the first time. */
const UNCOUNTED = 100
/** Which part of the room that is left a process uses before it counts again: others use it too. */
const SHARE = 8
const RETRY_AFTER_SECONDS = 60
/** About 20,000 holders. */
const MAX_BYTES = 4_000_000
const HOLDER_BYTES = 200

/** Keeps one app from filling the store with tokens (APP-14). */
export interface IssueLimits {
  /**
   * Throws `limit_reached` if the app has been issued too many tokens in this second, or if there are too many live ones in the group.
   * The store counts them once in many calls; until then the result is undefined.
   */
  assertMayIssue(app: LiveApp, group: GroupRef): Promise<void> | undefined
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
    assertMayIssue(app, group) {
      const wait = seconds.count(app.key, limits.issuesPerSecond)
      if (wait > 0) throw limitReached({ limit: 'issuesPerSecond', retryAfterSeconds: wait })
      let holder = holders.get(group.group)
      if (!holder) {
        holder = { left: Math.min(UNCOUNTED, Math.floor(limits.tokensPerAccount / SHARE)) }
        holders.set(group.group, holder, { bytes: HOLDER_BYTES })
      }
      return holder.left-- > 0 ? undefined : countFor(holder, group)
    },
  }

  async function countFor(holder: { left: number }, group: GroupRef): Promise<void> {
    const room = limits.tokensPerAccount - (await pages.count([group], clock()))
    if (room <= 0) throw limitReached({ limit: 'tokensPerAccount', retryAfterSeconds: RETRY_AFTER_SECONDS })
    holder.left = Math.floor(room / SHARE)
  }
}
