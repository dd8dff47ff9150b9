import { MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import type { Emitter, EventSource } from '../../base/events.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { LiveInstall } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import { endedSession, isOver, sessionKind, sessionRef } from '../../records/session.ts'
import { removedToken, tokenKind, userTokens } from '../../records/token.ts'

/** Whose session it is. Without an install, which was withdrawn or replaced, its tokens are in no list. */
export interface SessionOf {
  readonly app: LiveApp
  readonly session: string
  readonly install: LiveInstall | undefined
}

/** Ends sessions. */
export interface SessionEnding {
  /**
   * Ends the session with one write, then takes its tokens, which have stopped working, out of the list. Calls for the same session
   * at the same time wait for one and the same write: no ended session opens again, so it confirms the end to all of them.
   */
  end(of: SessionOf, why: { readonly change: 'removed' | 'reused'; readonly source: EventSource }): Promise<void>
  /** Takes the tokens of an ended session out of the list. @returns the ids of those that it could. */
  delist(of: SessionOf): Promise<readonly string[]>
}

export function createSessionEnding(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly events: Emitter
  readonly clock: () => number
}): SessionEnding {
  const { collection, pages, events, clock } = parts
  /** The sessions that are being ended. */
  const pending = new Map<string, Promise<void>>()

  const ending: SessionEnding = {
    end(of, why) {
      const name = `${of.app.key}.${of.session}`
      const known = pending.get(name)
      if (known) return known
      const end = endNow(of, why).finally(() => pending.delete(name))
      pending.set(name, end)
      return end
    },

    async delist({ app, session, install }) {
      if (!install) return []
      const ids: string[] = []
      try {
        const now = clock()
        const from = { position: now - MAX_CLOCK_DIFFERENCE_MS, id: '' }
        for await (const records of pages.walk(userTokens(app, install), from)) {
          const tokens = records.map((record) => ({ record, token: tokenKind.unpack(record) }))
          await fewAtOnce(tokens, async ({ record, token }) => {
            if (token.state !== 'live' || token.session !== session) return
            // If it was replaced meanwhile, it was removed.
            await collection.free(tokenKind, record, removedToken(token))
            if (token.expiresAt > now) ids.push(token.id)
          })
        }
      } catch {
        // The session has ended, which is what counts. What is still listed gives nothing, and expires.
      }
      return ids
    },
  }
  return ending

  async function endNow(of: SessionOf, { change, source }: Parameters<SessionEnding['end']>[1]): Promise<void> {
    const { app, session, install } = of
    const was = { open: false, expired: false }
    await collection.write(sessionKind, sessionRef({ app: app.key, session }), (found) => {
      was.open = found?.state === 'open'
      was.expired = found !== undefined && isOver(found, clock())
      return found && endedSession(found)
    })
    // Without an install it gave nothing any more.
    if (!was.open || !install) return
    const tokenIds = await ending.delist(of)
    if (was.expired) return
    events.emit('token', {}, { change, app: app.key, account: install.account, tokenIds, ...source })
  }
}
