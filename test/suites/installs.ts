import { describe, expect, it } from 'vitest'
import { paginate } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { expectAlive, expectDead } from '../support/session-checks.ts'
import {
  createSessionFixture,
  LIFE,
  type OpenStore,
  REDIRECT,
  type SessionFixture,
} from '../support/session-fixture.ts'

/** Which accounts authorize which apps, on the stores that `open` gives. */
export function testInstalls(open: OpenStore): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) => createSessionFixture(open, options)

  /** More apps that the account authorizes. */
  async function authoriseMore(w: SessionFixture, names: readonly string[]) {
    const keys = []
    for (const name of names) {
      const { app } = await w.registerTrusted({ name, redirectUrls: [REDIRECT], trusted: false })
      keys.push(app.key)
      await w.code({}, { client_id: app.key })
      w.clock.advance(1)
    }
    return keys
  }

  describe('installs', () => {
    it('a list of the installs of an app asks the directory once for its owner and for each other account (ACC-1)', async () => {
      const w = await fixture()
      for (const account of ['org', 'user', 'other-org']) await w.start({ account })
      const before = w.tree.questions
      expect((await w.appgrant.as('provider').installs.listByApp({ app: w.key })).items).toHaveLength(3)
      expect(w.tree.questions - before).toBe(3)
    })

    it('an install shows the app, when it was installed, when it ends and who approved it (LST-2, TOK-2)', async () => {
      const w = await fixture()
      const installedAt = new Date(w.clock())
      const by = { account: 'user', login: 'anna' }
      await w.code({ ...by, scope: ['read'] })
      const install = {
        app: { key: w.key, name: 'Example App', owner: 'org' },
        account: 'user',
        installedAt,
        expiresAt: new Date(w.clock() + LIFE.absolute),
        approvedBy: by,
        scope: ['read'],
      }
      expect(await w.appgrant.installs.list({ account: 'user' })).toEqual({ items: [install] })
      expect(await w.appgrant.installs.listByApp({ app: w.key })).toEqual({ items: [install] })
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
    })

    it('one install is found by its app and account, by those that may manage the account (LST-2, LST-4)', async () => {
      const w = await fixture()
      await w.code({ account: 'user', scope: ['read'] })
      const of = { app: w.key, account: 'user' }
      const { items } = await w.appgrant.installs.list({ account: 'user' })
      for (const { installs } of [w.appgrant, w.appgrant.as('user'), w.appgrant.as('provider')])
        expect([await installs.get(of)]).toEqual(items)
      expect(await w.appgrant.as('other-org').installs.get(of)).toBeUndefined()
      expect(await w.appgrant.installs.get({ ...of, account: 'org' })).toBeUndefined()
      expect(await w.appgrant.installs.get({ ...of, app: 'no key' })).toBeUndefined()
      w.tree.set('user', { epoch: 'e2' })
      expect(await w.appgrant.installs.get(of)).toBeUndefined()
      w.tree.set('user', { epoch: undefined })
      await w.appgrant.installs.withdraw(of)
      expect(await w.appgrant.installs.get(of)).toBeUndefined()
    })

    it('an install shows the live tokens of the account, and of an owner those of its app too, or no number (LST-2)', async () => {
      const w = await fixture({ app: { trusted: true } })
      await w.start({ account: 'user' })
      await w.start({ account: 'org' })
      await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })
      const countOf = async (account: string) =>
        (await w.appgrant.installs.list({ account, counts: true })).items.map(({ liveTokens }) => liveTokens)
      expect([await countOf('user'), await countOf('org')]).toEqual([[1], [2]])
      w.store.fail('count', 'before', 1)
      expect(await countOf('user')).toEqual([undefined])
      expect((await w.appgrant.installs.list({ account: 'user' })).items[0]).not.toHaveProperty('liveTokens')
    })

    it('installs are counted by account, not by approval, and another approval extends the existing one (LST-1)', async () => {
      const w = await fixture()
      const installedAt = new Date(w.clock())
      const first = await w.start({ scope: ['read'] })
      w.clock.advance(60_000)
      await w.code({ account: 'user', login: 'bert' })
      await w.code({ account: 'org' })
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(2)
      const { items } = await w.appgrant.installs.list({ account: 'user' })
      expect(items).toEqual([
        expect.objectContaining({ installedAt, approvedBy: { account: 'user' }, scope: ['read', 'write'] }),
      ])
      await expectAlive(w, first)
    })

    it('an install lasts as long as the last session under it may', async () => {
      const w = await fixture()
      await w.code()
      w.clock.advance(LIFE.absolute - 1)
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
      await w.code()
      w.clock.advance(LIFE.absolute - 1)
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(1)
      w.clock.advance(1)
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toEqual([])
      expect((await w.appgrant.installs.listByApp({ app: w.key })).items).toEqual([])
      expect(await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })).toBe(false)
    })

    it('installs are found by any part of the name, case and Unicode folded (LST-2)', async () => {
      const w = await fixture()
      const [straße, ring] = await authoriseMore(w, ['Café STRAẞE', 'Ring Ring', 'Other'])
      const found = async (name: string) =>
        (await w.appgrant.installs.list({ account: 'user', name })).items.map(({ app }) => app.key)
      expect(await found('café straße')).toEqual([straße])
      expect(await found('CAFE\u0301')).toEqual([straße])
      expect(await found('ring')).toEqual([ring])
      expect(await found('.*')).toEqual([])
      expect(await found('')).toHaveLength(3)
      expect(await codeOf(w.appgrant.installs.list({ account: 'user', name: 'x'.repeat(101) }))).toBe('invalid_request')
    })

    it('installs are paged once each, first to expire first, and a cursor is valid only for its own list (LST-5)', async () => {
      const w = await fixture()
      await w.code()
      w.clock.advance(1)
      const keys = [w.key, ...(await authoriseMore(w, ['A', 'B', 'C', 'D', 'E', 'F']))]
      for (const limit of [1, 2, 3, 7, 1000]) {
        const walked = []
        for await (const { app } of paginate((cursor) => w.appgrant.installs.list({ account: 'user', limit, cursor })))
          walked.push(app.key)
        expect(walked).toEqual(keys)
      }
      const { nextCursor = '' } = await w.appgrant.installs.list({ account: 'user', limit: 2 })
      expect(nextCursor).not.toBe('')
      for (const call of [
        () => w.appgrant.installs.list({ account: 'org', cursor: nextCursor }),
        () => w.appgrant.installs.list({ account: 'user', name: 'a', cursor: nextCursor }),
        () => w.appgrant.installs.listByApp({ app: w.key, cursor: nextCursor }),
        () => w.appgrant.tokens.list({ app: w.key, account: 'user', cursor: nextCursor }),
        () => w.appgrant.installs.list({ account: 'user', cursor: `${nextCursor}x` }),
        () => w.appgrant.installs.list({ account: 'user', cursor: 'x'.repeat(100_000) }),
      ])
        expect(await codeOf(call())).toBe('invalid_cursor')
    })

    it('the list of installs omits a removed app and a withdrawn one', async () => {
      const w = await fixture()
      await w.code()
      const [gone, withdrawn] = await authoriseMore(w, ['A', 'B'])
      await w.appgrant.apps.remove(gone ?? '')
      await w.appgrant.installs.withdraw({ app: withdrawn ?? '', account: 'user' })
      expect((await w.appgrant.installs.list({ account: 'user' })).items.map(({ app }) => app.key)).toEqual([w.key])
      expect(await codeOf(w.appgrant.installs.count({ app: gone ?? '' }))).toBe('app_not_found')
    })

    it('an account sees the installs of itself and accounts below; anything else is not found (LST-4)', async () => {
      const w = await fixture()
      await w.code()
      for (const account of ['user', 'org', 'provider', 'root'])
        expect((await w.appgrant.as(account).installs.list({ account: 'user' })).items, account).toHaveLength(1)
      for (const account of ['other-org', 'other-provider', 'nobody'])
        expect(await codeOf(w.appgrant.as(account).installs.list({ account: 'user' })), account).toBe('app_not_found')
      for (const above of ['org', 'provider', 'root'])
        expect(await codeOf(w.appgrant.as('user').installs.list({ account: above }))).toBe('app_not_found')
    })

    it("an app's owner sees how many accounts authorize it, but only which of itself or below (LST-4)", async () => {
      const w = await fixture({ app: { owner: 'other-org' } })
      for (const account of ['user', 'org', 'other-org', 'provider']) await w.code({ account })
      const seen = async (account: string) =>
        (await w.appgrant.as(account).installs.listByApp({ app: w.key })).items.map((one) => one.account).toSorted()
      expect(await w.appgrant.as('other-org').installs.count({ app: w.key })).toBe(4)
      expect(await seen('other-org')).toEqual(['other-org'])
      expect(await seen('provider')).toEqual(['org', 'other-org', 'provider', 'user'])
      expect((await w.appgrant.installs.listByApp({ app: w.key })).items).toHaveLength(4)
      for (const account of ['user', 'org', 'other-provider']) {
        expect(await codeOf(w.appgrant.as(account).installs.count({ app: w.key }))).toBe('app_not_found')
        expect(await codeOf(w.appgrant.as(account).installs.listByApp({ app: w.key }))).toBe('app_not_found')
      }
    })

    it("an account's tokens are shown to it and accounts above, not to the owner of the app (LST-4)", async () => {
      const w = await fixture({ app: { owner: 'other-org' } })
      const { id } = await w.start()
      const of = { app: w.key, account: 'user' }
      for (const account of ['user', 'org', 'provider', 'root'])
        expect((await w.appgrant.as(account).tokens.list(of)).items.map((one) => one.id)).toEqual([id])
      for (const account of ['other-org', 'other-provider'])
        for (const call of [
          () => w.appgrant.as(account).tokens.list(of),
          () => w.appgrant.as(account).tokens.count(of),
          () => w.appgrant.as(account).tokens.remove({ ...of, ids: [id] }),
          () => w.appgrant.as(account).tokens.removeAll(of),
        ])
          expect(await codeOf(call())).toBe('app_not_found')
      expect(await codeOf(w.appgrant.tokens.list({ app: w.key, account: 'org' }))).toBe('app_not_found')
    })

    it("removing tokens skips ids of another account's or the app's own tokens (TOK-5)", async () => {
      const w = await fixture({ app: { trusted: true } })
      const [own, other] = [await w.start(), await w.start({ account: 'provider' })]
      const trusted = await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })
      const ids = [other.id, trusted.tokenId, 'x', '', '__proto__', other.id.toLowerCase()]
      await w.appgrant.as('user').tokens.remove({ app: w.key, account: 'user', ids })
      await w.appgrant.as('user').tokens.removeAll({ app: w.key, account: 'user' })
      expect(await w.verify(own.access)).toBe('revoked')
      expect(await w.verify(other.access)).toBe('ok')
      expect(await w.verify(trusted.accessToken)).toBe('ok')
    })

    it("removing all tokens of the owner revokes its app-only and user tokens, but not others' tokens or sessions", async () => {
      const w = await fixture({ app: { trusted: true } })
      const [own, other] = [await w.start({ account: 'org' }), await w.start()]
      const { accessToken } = await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })
      const of = { app: w.key, account: 'org' }
      expect(await w.appgrant.tokens.count(of)).toBe(2)
      expect((await w.appgrant.tokens.list(of)).items.map(({ kind }) => kind).toSorted()).toEqual(['app', 'user'])
      await w.appgrant.as('org').tokens.removeAll(of)
      for (const text of [own.access, accessToken]) expect(await w.verify(text)).toBe('revoked')
      expect(await w.appgrant.tokens.count(of)).toBe(0)
      await expectAlive(w, other)
      await expectAlive(w, await w.next(own))
    })
  })

  describe('withdrawal', () => {
    for (const account of ['user', 'org', 'provider', 'root', undefined])
      it(`a withdrawal by ${account ?? 'the host'} ends all that the app holds for the account at once, and nothing else`, async () => {
        const w = await fixture()
        const [tokens, pending, other] = [await w.start(), await w.code(), await w.start({ account: 'provider' })]
        const events: unknown[] = []
        w.appgrant.events.on('install', ({ at: _, ...event }) => void events.push(event))
        const { installs } = account === undefined ? w.appgrant : w.appgrant.as(account, { login: 'anna' })
        expect(await installs.withdraw({ app: w.key, account: 'user' })).toBe(true)
        await expectDead(w, tokens)
        expect(await codeOf(w.exchange(pending))).toBe('invalid_code')
        await expectAlive(w, other)
        expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
        expect((await w.appgrant.installs.list({ account: 'user' })).items).toEqual([])
        expect(await installs.withdraw({ app: w.key, account: 'user' })).toBe(false)
        const by = account === undefined ? {} : { account, login: 'anna' }
        expect(events).toEqual([{ change: 'withdrawn', app: w.key, account: 'user', by }])
      })

    it("a withdrawal by a stranger or by the app's owner without authority over the account does nothing (LST-4)", async () => {
      const w = await fixture({ app: { owner: 'other-org' } })
      const tokens = await w.start()
      const written = w.observed.writes()
      for (const account of ['other-org', 'other-provider', 'nobody'])
        expect(await w.appgrant.as(account).installs.withdraw({ app: w.key, account: 'user' })).toBe(false)
      expect(await w.appgrant.as('user').installs.withdraw({ app: w.key, account: 'org' })).toBe(false)
      expect(w.observed.writes()).toBe(written)
      await expectAlive(w, tokens)
    })

    it('withdrawing nothing writes nothing; repeating a withdrawal writes again, which confirms it (REV-7)', async () => {
      const w = await fixture()
      const written = w.observed.writes()
      const of = { app: w.key, account: 'user' }
      expect(await w.appgrant.installs.withdraw(of)).toBe(false)
      expect(await w.appgrant.installs.withdraw({ ...of, app: 'x' })).toBe(false)
      expect(w.observed.writes()).toBe(written)
      const tokens = await w.start()
      w.store.fail('replace', 'after', 2)
      expect(await codeOf(w.appgrant.installs.withdraw(of))).toBe('outcome_unknown')
      expect(await codeOf(w.appgrant.installs.withdraw(of))).toBe('outcome_unknown')
      expect(await w.appgrant.installs.withdraw(of)).toBe(false)
      await expectDead(w, tokens)
    })

    it('an approval after a withdrawal starts a new install, and what was revoked stays revoked', async () => {
      const w = await fixture()
      const tokens = await w.start()
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      w.clock.advance(5000)
      const fresh = await w.start({ scope: ['read'] })
      await expectDead(w, tokens)
      await expectAlive(w, fresh)
      const [install] = (await w.appgrant.installs.list({ account: 'user' })).items
      expect(install?.scope).toEqual(['read'])
      expect(install?.installedAt).toEqual(new Date(w.clock()))
    })

    it('a blocked account cannot withdraw an app itself, but accounts above can', async () => {
      const w = await fixture()
      await w.start()
      w.tree.set('user', { active: false })
      const of = { app: w.key, account: 'user' }
      expect(await codeOf(w.appgrant.as('user').installs.withdraw(of))).toBe('account_blocked')
      expect(await w.appgrant.as('org').installs.withdraw(of)).toBe(true)
    })

    it('a withdrawal that races an approval takes effect before or after it, never half (REV-4)', async () => {
      for (let round = 0; round < 5; round++) {
        const w = await fixture()
        const before = await w.start()
        const consent = await w.consent()
        const other = w.node()
        const [approved, withdrawn] = await Promise.allSettled([
          w.appgrant.authorizer.approve({ ticket: consent.ticket, account: 'user' }),
          other.installs.withdraw({ app: w.key, account: 'user' }),
        ])
        expect([approved.status, withdrawn.status]).toEqual(['fulfilled', 'fulfilled'])
        await expectDead(w, before)
        const redirect = approved.status === 'fulfilled' ? approved.value.location : ''
        const code = await codeOf(w.exchange(new URL(redirect).searchParams.get('code') ?? ''))
        const installs = await w.appgrant.installs.count({ app: w.key })
        expect([code, installs]).toEqual(code === 'ok' ? ['ok', 1] : ['invalid_code', expect.any(Number)])
      }
    })
  })

  describe('suspension by an ancestor (REV-5)', () => {
    it('a suspension by an ancestor covers user tokens and is lifted only there or above (REV-5)', async () => {
      const w = await fixture()
      const [tokens, code] = [await w.start(), await w.code()]
      await w.appgrant.as('org').apps.suspend(w.key)
      await w.appgrant.as('provider').apps.suspend(w.key)
      expect(await codeOf(w.appgrant.as('org').apps.resume(w.key))).toBe('suspended_above')
      expect(await w.verify(tokens.access)).toBe('app_suspended')
      expect(await codeOf(w.refresh(tokens.refresh))).toBe('app_suspended')
      expect(await codeOf(w.exchange(code))).toBe('app_suspended')
      await w.appgrant.as('root').apps.resume(w.key)
      await expectAlive(w, tokens)
      expect(await codeOf(w.exchange(code))).toBe('ok')
    })
  })
}
