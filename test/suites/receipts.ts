import { expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { readingFeed } from '../support/feed.ts'
import { createSessionFixture, type OpenStore, SECOND } from '../support/session-fixture.ts'
import { SIGNING } from '../support/signing.ts'

const FEED = { signing: SIGNING, revocationFeed: true, maxStalenessMs: 0 }

/** Receipts say that nothing accepts what was revoked, whichever node the readers of the feed poll. */
export function testReceipts(open: OpenStore): void {
  async function scene() {
    const w = await createSessionFixture(open, { options: FEED })
    const { access } = await w.start()
    const other = w.node()
    const readers = [w.appgrant, other, other].map((node) => readingFeed(() => node))
    for (const reader of readers) await reader.poll()
    /** Begins to wait for a receipt, after a revocation. */
    const revoke = async (signal?: AbortSignal) => {
      await w.appgrant.apps.revokeTokens(w.key)
      const receipt = w.appgrant.receipt({ signal })
      await expect.poll(() => w.observed.written.some(({ kind }) => kind === 'w')).toBe(true)
      w.clock.advance(2 * SECOND)
      return { receipt }
    }
    return { ...w, access, readers, revoke }
  }

  it('there is a receipt once every reader of the feed has confirmed that it refuses what was revoked (REV-9)', async () => {
    const { access, readers, revoke, clock } = await scene()
    const revokedBefore = new Date(clock())
    const { receipt } = await revoke()
    for (const reader of [...readers, ...readers]) await reader.poll()
    expect(await receipt).toEqual({ revokedBefore, confirmedAt: new Date(clock()) })
    expect(readers.map((reader) => reader.refuses(access))).toEqual([true, true, true])
  })

  it('a reader that polled once more, but has not said that it read that, is still waited for (REV-9)', async () => {
    const { readers, revoke } = await scene()
    const stop = new AbortController()
    const { receipt } = await revoke(stop.signal)
    const [first, ...rest] = readers
    for (const reader of [...rest, ...rest]) await reader.poll()
    await first?.poll()
    stop.abort()
    expect(await codeOf(receipt)).toBe('revocation_unconfirmed')
  })
}
