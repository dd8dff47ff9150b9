import { describe, expect, it } from 'vitest'
import type { VerifyFailureReason } from '../../src/index.ts'
import { LOOK_BACK_MS } from '../../src/records/revocations.ts'
import { codeOf } from '../support/code-of.ts'
import { readingFeed } from '../support/feed.ts'
import type { OpenStore } from '../support/session-fixture.ts'
import { SIGNING } from '../support/signing.ts'
import { newScene, OPERATIONS, type Scene } from './operations.ts'

const FEED = { signing: SIGNING, revocationFeed: true }
/** Why a token is not valid that the feed knows too. The rest is what the host's directory says. */
const KNOWN: readonly (VerifyFailureReason | 'ok')[] = ['revoked', 'app_removed', 'app_suspended']

/** The revocation feed says the same of every token as the stored state does. */
export function testRevocationFeed(open: OpenStore): void {
  const rows = OPERATIONS.filter((row) => !row.isOfHost)
  const textsOf = ({ tokens, user }: Scene) => [...tokens.map(({ text }) => text), user.access]

  /** What the feed and what the state say of each token. */
  async function said(scene: Scene, feed: ReturnType<typeof readingFeed>) {
    const states = await Promise.all(textsOf(scene).map((text) => scene.appgrant.authorizer.tryVerify(text)))
    await feed.poll()
    const isRevoked = states.map((state) => !state.ok && KNOWN.includes(state.reason))
    return { feed: textsOf(scene).map((text) => feed.refuses(text)), state: isRevoked }
  }

  describe.each(rows)('$operation', (row) => {
    it(`the feed lists what "${row.operation}" revokes, to old and new readers, and nothing else (REV-8)`, async () => {
      const scene = await newScene(row, open, FEED)
      const old = readingFeed(() => scene.appgrant)
      await old.poll()
      await row.run(scene)
      for (const feed of [old, readingFeed(() => scene.appgrant)]) {
        const { feed: listed, state } = await said(scene, feed)
        expect(listed).toEqual(state)
      }
      if (!row.undo) return
      await row.undo.run(scene)
      for (const feed of [old, readingFeed(() => scene.appgrant)]) {
        const { feed: listed, state } = await said(scene, feed)
        expect(listed).toEqual(state)
      }
    })

    it(`an entry of "${row.operation}" whose write fails says nothing, and one whose reply is lost is in the feed (REV-8, S30)`, async () => {
      const scene = await newScene(row, open, FEED)
      const feed = readingFeed(() => scene.appgrant)
      scene.store.fail('replace', 'before')
      await codeOf(row.run(scene))
      const refused = await said(scene, feed)
      expect(refused.feed).toEqual(refused.state)
      scene.store.fail('replace', 'after')
      await codeOf(row.run(scene))
      const lost = await said(scene, feed)
      expect(lost.feed).toEqual(lost.state)
    })
  })

  const sceneOf = (operation: string) => {
    const row = rows.find((row) => row.operation === operation)
    if (!row) throw new Error(`expected an operation called ${operation}`)
    return newScene(row, open, FEED)
  }

  it('an operation whose entry cannot be written changes nothing (REV-8)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    scene.store.fail('insert', 'before')
    expect(await codeOf(scene.appgrant.apps.revokeTokens(scene.key))).toMatch(/outcome_unknown|store_unavailable/)
    const feed = readingFeed(() => scene.appgrant)
    expect(await said(scene, feed)).toEqual({
      feed: textsOf(scene).map(() => false),
      state: textsOf(scene).map(() => false),
    })
  })

  it('tokens issued right after a revocation are not in the feed, however often it is repeated (REV-8, REV-4)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    const feed = readingFeed(() => scene.appgrant)
    const issue = async () =>
      (await scene.appgrant.authorizer.clientCredentials(await scene.currentProof())).accessToken
    for (let n = 0; n < 5; n++) {
      const before = await issue()
      await scene.appgrant.apps.revokeTokens(scene.key)
      const after = await issue()
      await feed.poll()
      expect([feed.refuses(before), feed.refuses(after)]).toEqual([true, false])
    }
  })

  it('one entry revokes any number of tokens (REV-8, REV-2)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    for (let n = 0; n < 20; n++) await scene.appgrant.authorizer.clientCredentials(await scene.currentProof())
    const writes = scene.observed.writes()
    await scene.appgrant.apps.revokeTokens(scene.key)
    expect(scene.observed.writes() - writes).toBe(2)
  })

  it('a write that was entered and never done is prevented after some seconds, and its late arrival changes nothing (REV-8)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    const feed = readingFeed(() => scene.appgrant)
    scene.store.fail('replace', 'before')
    await codeOf(scene.appgrant.apps.revokeTokens(scene.key))
    await feed.poll()
    const { cursor } = feed
    // Besides the lease of the reader, which it takes again from time to time.
    const writes = () => scene.observed.written.filter(({ kind }) => kind !== 'f').length
    const before = writes()
    await feed.poll()
    expect(writes()).toBe(before)
    scene.clock.advance(LOOK_BACK_MS + 1)
    await feed.poll()
    expect(writes()).toBe(before + 1)
    await feed.poll()
    expect(writes()).toBe(before + 1)
    expect(await said(scene, feed)).toMatchObject({ feed: textsOf(scene).map(() => false) })
    expect(feed.cursor).not.toBe(cursor)
  })

  it('a write that arrives late is in the feed of a reader that polled before it (REV-8)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    const feed = readingFeed(() => scene.appgrant)
    const released = scene.store.hold('replace')
    const revoking = scene.appgrant.apps.revokeTokens(scene.key)
    await released.reached
    await feed.poll()
    scene.clock.advance(LOOK_BACK_MS - 1)
    await feed.poll()
    expect(feed.refuses(scene.tokens[0]?.text ?? '')).toBe(false)
    released.release()
    await revoking
    await feed.poll()
    expect(feed.refuses(scene.tokens[0]?.text ?? '')).toBe(true)
  })

  it('the feed is read in parts of a bounded size, and a forged cursor is invalid_cursor (REV-8)', async () => {
    const scene = await sceneOf('all tokens of the app revoked')
    const tokens = []
    for (let n = 0; n < 510; n++)
      tokens.push(await scene.appgrant.authorizer.clientCredentials(await scene.currentProof()))
    const ids = tokens.map(({ tokenId }) => tokenId)
    await scene.appgrant.tokens.remove({ app: scene.key, account: 'org', ids })
    const feed = readingFeed(() => scene.appgrant)
    await feed.poll()
    expect(feed.parts).toBe(2)
    expect(tokens.every(({ accessToken }) => feed.refuses(accessToken))).toBe(true)
    expect(feed.refuses(scene.tokens[0]?.text ?? '')).toBe(false)
    for (const cursor of ['', 'x', '1', '1.2.3', '1.2.3.', '1.2.3.$', '9'.repeat(300)])
      expect(
        await codeOf(
          scene.appgrant.revocationFeed?.read({ app: 'app', reader: feed.reader, silentSeconds: 30, cursor }) ??
            Promise.resolve(),
        ),
      ).toMatch(/invalid_cursor|invalid_request/)
  })
}
