import { describe, expect, it } from 'vitest'
import { installIndexOfAccount, installsOfApp } from '../../src/records/install.ts'
import { codeOf } from '../support/code-of.ts'
import { expectAlive, expectDead } from '../support/session-checks.ts'
import { createSessionFixture, DAY, HOUR, LIFE, type OpenStore, SECOND } from '../support/session-fixture.ts'

/** The lifetimes of one app, and sessions and installs without an absolute end, on the stores that `open` gives. */
export function testLifetimes(open: OpenStore): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) => createSessionFixture(open, options)
  const withoutEnd = () => fixture({ options: { lifetimes: { refreshAbsoluteSeconds: 'never' } } })
  const of = (w: { readonly key: string }) => ({ app: w.key, account: 'user' })

  describe('lifetimes', () => {
    it('without an absolute end a session ends only by disuse, and its install stays (TOK-2)', async () => {
      const w = await withoutEnd()
      let tokens = await w.start()
      for (let n = 0; n < 30; n++) {
        w.clock.advance(LIFE.idle - 1)
        tokens = await w.next(tokens)
        expect(await w.verify(tokens.access)).toBe('ok')
      }
      expect(w.clock()).toBeGreaterThan(LIFE.absolute)
      w.clock.advance(LIFE.idle)
      await expectDead(w, tokens, 'expired')
      w.clock.advance(1000 * 365 * DAY)
      const installs = [
        ...(await w.appgrant.installs.list({ account: 'user' })).items,
        ...(await w.appgrant.installs.listByApp({ app: w.key })).items,
      ]
      expect(installs).toHaveLength(2)
      for (const install of installs) expect(install).not.toHaveProperty('expiresAt')
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
      expect(await w.appgrant.installs.withdraw(of(w))).toBe(true)
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
    })

    it('an install says when it ends, and an approval extends it (TOK-2)', async () => {
      const w = await fixture()
      const endsAt = async () => (await w.appgrant.installs.list({ account: 'user' })).items[0]?.expiresAt
      await w.code()
      expect(await endsAt()).toEqual(new Date(w.clock() + LIFE.absolute))
      w.clock.advance(DAY)
      await w.code()
      expect(await endsAt()).toEqual(new Date(w.clock() + LIFE.absolute))
      await w.appgrant.apps.setLifetimes(w.key, { refreshAbsoluteSeconds: 'never' })
      await w.code()
      expect(await endsAt()).toBeUndefined()
      // The session without an end is still there.
      await w.appgrant.apps.setLifetimes(w.key, null)
      await w.code()
      expect(await endsAt()).toBeUndefined()
    })

    it('an install that was withdrawn leaves nothing of its end to the one that follows (TOK-2)', async () => {
      const w = await fixture()
      await w.appgrant.apps.setLifetimes(w.key, { refreshAbsoluteSeconds: 'never' })
      await w.code()
      await w.appgrant.installs.withdraw(of(w))
      await w.appgrant.apps.setLifetimes(w.key, null)
      await w.code()
      const [install] = (await w.appgrant.installs.list({ account: 'user' })).items
      expect(install?.expiresAt).toEqual(new Date(w.clock() + LIFE.absolute))
    })

    it('the lifetimes of one app apply to its new tokens, and those of the host again once they are reset (TOK-2)', async () => {
      const w = await fixture({ app: { trusted: true } })
      const trusted = async () =>
        (await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })).expiresInSeconds
      const own = { accessTokenSeconds: 60, refreshIdleSeconds: 120, refreshAbsoluteSeconds: 180 }
      await w.appgrant.apps.setLifetimes(w.key, own)
      expect(await trusted()).toBe(60)
      const first = await w.start()
      expect(first.granted.expiresInSeconds).toBe(60)
      w.clock.advance(119 * SECOND)
      const second = await w.next(first)
      expect(second.granted.expiresInSeconds).toBe(60)
      w.clock.advance(60 * SECOND)
      expect((await w.next(second)).granted.expiresInSeconds).toBe(1)
      w.clock.advance(SECOND)
      await expectDead(w, second, 'expired')
      const unused = await w.start()
      w.clock.advance(120 * SECOND)
      await expectDead(w, unused, 'expired')
      await w.appgrant.apps.setLifetimes(w.key, undefined)
      expect(await trusted()).toBe(3600)
      expect((await w.start()).granted.expiresInSeconds).toBe(3600)
    })

    it('a session without an absolute end goes on after the app got one, and revoking it works (TOK-2)', async () => {
      const w = await fixture()
      await w.appgrant.apps.setLifetimes(w.key, { refreshAbsoluteSeconds: 'never' })
      let tokens = await w.start()
      await w.appgrant.apps.setLifetimes(w.key, null)
      for (let n = 0; n < 8; n++) {
        w.clock.advance(13 * DAY)
        tokens = await w.next(tokens)
      }
      await expectAlive(w, tokens)
      await w.appgrant.apps.revokeTokens(w.key)
      expect(await w.verify(tokens.access)).toBe('revoked')
    })

    it('withdrawing an install without an end leaves nothing that never expires (TOK-2)', async () => {
      const w = await withoutEnd()
      const tokens = await w.start()
      await w.appgrant.installs.withdraw(of(w))
      await expectDead(w, tokens)
      expect(await lasting(w)).toEqual([0, 0])
      // And the next approval is listed for good again.
      await w.code()
      w.clock.advance(1000 * 365 * DAY)
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(1)
    })

    it('an approval that races a withdrawal is in the list of the account if it is in force (TOK-2, REV-4)', async () => {
      for (let round = 0; round < 10; round++) {
        const w = await withoutEnd()
        await w.start()
        const { ticket } = await w.consent()
        const other = w.node()
        await Promise.all([w.appgrant.authorizer.approve({ ticket, account: 'user' }), other.installs.withdraw(of(w))])
        w.clock.advance(HOUR)
        const count = await w.appgrant.installs.count({ app: w.key })
        expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(count)
      }
    })

    it('removing an app leaves no install that never expires, in either list (TOK-2)', async () => {
      const w = await withoutEnd()
      for (const account of ['user', 'org', 'provider']) await w.code({ account })
      expect(await lasting(w)).toEqual([3, 1])
      expect(await w.appgrant.apps.remove(w.key)).toBe(true)
      expect(await lasting(w)).toEqual([0, 0])
    })

    it('removing an app whose lifetimes have an end again leaves no install that never expires either (TOK-2)', async () => {
      const w = await withoutEnd()
      await w.code()
      await w.appgrant.apps.setLifetimes(w.key, { refreshAbsoluteSeconds: 90 * 86_400 })
      expect(await w.appgrant.apps.remove(w.key)).toBe(true)
      expect(await lasting(w)).toEqual([0, 0])
    })

    it('removing an app succeeds even if its installs cannot be cleared, and a repeat clears them (TOK-2)', async () => {
      const w = await withoutEnd()
      await w.code()
      w.store.fail('list', 'before')
      expect(await w.appgrant.apps.remove(w.key)).toBe(true)
      expect(await lasting(w)).toEqual([1, 1])
      expect(await w.appgrant.apps.remove(w.key)).toBe(false)
      expect(await lasting(w)).toEqual([0, 0])
    })

    it('only the host sets lifetimes, and invalid ones change nothing (TOK-2)', async () => {
      const w = await fixture()
      for (const account of ['org', 'provider', 'root'])
        expect(await codeOf(w.appgrant.as(account).apps.setLifetimes(w.key, null))).toBe('not_permitted')
      const written = w.observed.writes()
      for (const wrong of [
        5,
        'never',
        [],
        { accessTokenSeconds: 0 },
        { accessTokenSeconds: 'never' },
        { refreshIdleSeconds: 'never' },
        { refreshAbsoluteSeconds: 31_536_001 },
        { refreshAbsoluteSeconds: Number.POSITIVE_INFINITY },
        { refreshAbsoluteSeconds: 60 },
        { refreshIdleSeconds: 60 },
        { codeSeconds: 60 },
        { accessTokenSecond: 60 },
      ])
        expect(await codeOf(w.appgrant.apps.setLifetimes(w.key, wrong as object)), JSON.stringify(wrong)).toBe(
          'invalid_request',
        )
      expect(w.observed.writes()).toBe(written)
    })
  })

  /** How many of the app's installs, and of the entries in the list of `user`, are there in a thousand years. */
  async function lasting(w: Awaited<ReturnType<typeof fixture>>): Promise<readonly number[]> {
    const later = w.clock() + 1000 * 365 * DAY
    return Promise.all(
      [installsOfApp(w.key), installIndexOfAccount('user')].map((group) => w.inner.count(group, later)),
    )
  }
}
