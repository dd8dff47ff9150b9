import { describe, expect, it } from 'vitest'
import type { Granted } from '../../src/index.ts'
import { codeOf } from '../base/code-of.ts'
import { changedAt, forged } from './forged-credentials.ts'
import {
  atOnce,
  challengeOf,
  createSessionWorld,
  DAY,
  HOUR,
  LIFE,
  MINUTE,
  type OpenStore,
  OTHER_REDIRECT,
  SECOND,
  type SessionWorld,
  type Tokens,
  tokensOf,
  VERIFIER,
} from './session-world.ts'

const PARALLEL = 50

/** What a code and the refresh tokens after it do, on the stores that `open` gives. */
export function testSessions(open: OpenStore): void {
  const world = (options: Parameters<typeof createSessionWorld>[1] = {}) => createSessionWorld(open, options)

  describe('a code', () => {
    it('gives an access token for the account and a refresh token, with the lifetimes of the options (TOK-2, TOK-6)', async () => {
      const w = await world()
      const granted = await w.redeem(await w.code(), { userAgent: 'Softphone/1\u0007' })
      expect(granted).toMatchObject({ expiresInSeconds: 3600, scope: ['read', 'write'] })
      const issuedAt = new Date(w.clock())
      const expiresAt = new Date(w.clock() + LIFE.access)
      expect(await w.grants.authorizer.verify(granted.accessToken)).toEqual({
        ok: true,
        kind: 'user',
        app: { key: w.key, name: 'Example App', owner: 'org' },
        account: 'user',
        scope: ['read', 'write'],
        tokenId: granted.tokenId,
        issuedAt,
        expiresAt,
      })
      expect((await w.grants.tokens.list({ app: w.key, account: 'user' })).items).toEqual([
        { id: granted.tokenId, kind: 'user', issuedAt, expiresAt, scope: ['read', 'write'], userAgent: 'Softphone/1' },
      ])
    })

    it('S10, TOK-9: of 50 parallel redemptions over two nodes exactly one succeeds, and nothing it produced is valid afterwards', async () => {
      const w = await world()
      const code = await w.code()
      const other = w.node()
      const redeemed = await atOnce(PARALLEL, (n) => w.redeem(code, {}, n % 2 ? other : w.grants))
      const [won, ...more] = valuesOf(redeemed)
      expect(more).toEqual([])
      expect(await codesOf(redeemed)).toEqual(['invalid_code'])
      const tokens = tokensOf(won as Granted, code)
      await expectDead(w, tokens)
      expect(await w.grants.tokens.count({ app: w.key, account: 'user' })).toBe(0)
    })

    it('S17, TOK-9: redeemed again inside 10 s is denied, and its session dies; no other session does', async () => {
      const w = await world()
      const [first, second] = [await w.start(), await w.start()]
      const reused: unknown[] = []
      w.grants.events.on('token', ({ at: _, ...event }) => void (event.change === 'reused' && reused.push(event)))
      expect(await codeOf(w.redeem(first.code))).toBe('invalid_code')
      await expectDead(w, first)
      await expectAlive(w, second)
      const event = { change: 'reused', app: w.key, account: 'user', tokenIds: [first.id], by: { account: 'user' } }
      expect(reused).toEqual([event])
    })

    it('TOK-9: redeemed again long after its own end and several refreshes later still ends the session', async () => {
      const w = await world()
      const first = await w.start()
      w.clock.advance(DAY)
      const second = await w.next(first)
      w.clock.advance(DAY)
      const third = await w.next(second)
      expect(await codeOf(w.redeem(first.code))).toBe('invalid_code')
      await expectDead(w, third)
    })

    it('TOK-9: with anything wrong it neither burns nor kills, before it is redeemed and after (S11, S13)', async () => {
      const w = await world()
      const { app: foreign, secret } = await w.grants.apps.register({
        owner: 'other-org',
        name: 'Other',
        homepage: 'https://other.example/',
        adminEmail: 'a@other.example',
        redirectUrls: ['https://app.example/callback'],
      })
      const code = await w.code()
      const wrong = [
        { verifier: `${VERIFIER}x` },
        { verifier: VERIFIER.toUpperCase() },
        { verifier: challengeOf(VERIFIER) },
        { verifier: '' },
        { verifier: 'short' },
        { verifier: VERIFIER.slice(0, 42) },
        { verifier: `${VERIFIER}\n` },
        { verifier: 'v'.repeat(129) },
        { verifier: ` ${VERIFIER}` },
        { redirectUrl: OTHER_REDIRECT },
        { redirectUrl: '' },
        { redirectUrl: 'https://app.example/callback/' },
        { redirectUrl: 'https://APP.example/callback' },
        { redirectUrl: 'https://app.example/callback?x=1' },
        { redirectUrl: 'https://app.example/callback#' },
        { key: foreign.key, secret },
        { code: code.slice(0, -1) },
        { code: code.slice(0, 100) },
        { code: `${code} ` },
        { code: code.toUpperCase() },
        { code: changedAt(code, code.length - 40) },
        { code: '' },
      ]
      const written = w.observed.writes()
      for (const change of wrong)
        expect(await codeOf(w.redeem(code, change)), JSON.stringify(change)).toBe('invalid_code')
      for (const verifier of [undefined, null, 0, {}, [VERIFIER]])
        expect(await codeOf(w.redeem(code, { verifier: verifier as never }))).toBe('invalid_request')
      expect(await codeOf(w.redeem(code, { secret: 'x'.repeat(32) }))).toBe('app_authentication_failed')
      expect(w.observed.writes()).toBe(written)
      const tokens = tokensOf(await w.redeem(code), code)
      for (const change of wrong)
        expect(await codeOf(w.redeem(code, change)), JSON.stringify(change)).toBe('invalid_code')
      await expectAlive(w, tokens)
    })

    it('S12: whose challenge the store lost is refused, never passed', async () => {
      const w = await world()
      const code = await w.code()
      const session = w.observed.written.findLast(({ kind }) => kind === 's')
      if (!session) throw new Error('no session was written')
      for (const binding of [undefined, '', null, challengeOf('')]) {
        const [stored] = await w.inner.get([session])
        if (!stored) throw new Error('the session is gone')
        const data = JSON.stringify({ ...JSON.parse(stored.data), binding })
        expect(await w.inner.replace(stored, { ...stored, revision: `r${String(binding).length}`, data })).toBe(true)
        for (const verifier of [VERIFIER, 'v'.repeat(43)]) {
          const answer = await w.redeem(code, { verifier }).then(
            () => 'passed',
            () => 'refused',
          )
          expect(answer).toBe('refused')
        }
      }
    })

    it('TOK-2: is good until the millisecond before its end', async () => {
      for (const [codeSeconds, at, expected] of [
        [60, LIFE.code - 1, 'ok'],
        [60, LIFE.code, 'invalid_code'],
        [1, SECOND - 1, 'ok'],
        [1, SECOND, 'invalid_code'],
        [600, 600 * SECOND - 1, 'ok'],
        [600, 600 * SECOND, 'invalid_code'],
      ] as const) {
        const w = await world({ options: { lifetimes: { codeSeconds } } })
        const code = await w.code()
        w.clock.advance(at)
        expect(await codeOf(w.redeem(code)), `${codeSeconds} s, ${at} ms`).toBe(expected)
      }
    })

    it('S13, TOK-9: is kept while the app is suspended, nothing is written, and it ages', async () => {
      const w = await world()
      const code = await w.code()
      const spent = await w.start()
      await w.grants.apps.suspend(w.key)
      const written = w.observed.writes()
      expect(await codeOf(w.redeem(code))).toBe('app_suspended')
      expect(await codeOf(w.redeem(spent.code))).toBe('app_suspended')
      expect(await codeOf(w.redeem('garbage'))).toBe('app_suspended')
      expect(w.observed.writes()).toBe(written)
      await w.grants.apps.resume(w.key)
      await expectAlive(w, spent)
      expect(await codeOf(w.redeem(code))).toBe('ok')
    })

    it('dies with the redirect URL it is bound to, also if that comes back; one of another URL stays (E)', async () => {
      const w = await world()
      const bound = await w.code()
      const other = await w.code({}, { redirect_uri: OTHER_REDIRECT })
      await w.grants.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT] })
      expect(await codeOf(w.redeem(bound))).toBe('invalid_code')
      await w.grants.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT, 'https://app.example/callback'] })
      expect(await codeOf(w.redeem(bound))).toBe('invalid_code')
      expect(await codeOf(w.redeem(other, { redirectUrl: OTHER_REDIRECT }))).toBe('ok')
    })
  })

  describe('a refresh token', () => {
    it('rotates at each use: the successor works, and each access token until its own end (TOK-2, TOK-3)', async () => {
      const w = await world()
      const first = await w.start()
      w.clock.advance(30 * MINUTE)
      const second = await w.next(first)
      expect(second.refresh).not.toBe(first.refresh)
      expect(await w.verify(first.access)).toBe('ok')
      expect(await w.verify(second.access)).toBe('ok')
      expect(await w.grants.tokens.count({ app: w.key, account: 'user' })).toBe(2)
      w.clock.advance(30 * MINUTE)
      expect(await w.verify(first.access)).toBe('expired')
      expect(await w.verify(second.access)).toBe('ok')
    })

    it('S10, TOK-8: 50 parallel refreshes over two nodes get 50 identical answers: one rotation, one access token', async () => {
      const w = await world()
      const first = await w.start()
      const other = w.node()
      const issued = { count: 0 }
      for (const { events } of [w.grants, other])
        events.on('token', ({ change }) => void (change === 'issued' && issued.count++))
      const answers = valuesOf(await atOnce(PARALLEL, (n) => w.refresh(first.refresh, {}, n % 2 ? other : w.grants)))
      expect(answers).toHaveLength(PARALLEL)
      const texts = new Set(
        answers.map(({ accessToken, refreshToken, tokenId }) => `${accessToken} ${refreshToken} ${tokenId}`),
      )
      expect(texts.size).toBe(1)
      expect(issued.count).toBe(1)
      expect(await w.grants.tokens.count({ app: w.key, account: 'user' })).toBe(2)
      await expectAlive(w, tokensOf(answers[0] as Granted))
    })

    it('S10: without a window one of 50 parallel refreshes succeeds, and then the session is dead', async () => {
      const w = await world({ options: { lifetimes: { retryWindowSeconds: 0 } } })
      const first = await w.start()
      const other = w.node()
      const answers = await atOnce(PARALLEL, (n) => w.refresh(first.refresh, {}, n % 2 ? other : w.grants))
      const [won, ...more] = valuesOf(answers)
      expect(more).toEqual([])
      expect(await codesOf(answers)).toEqual(['invalid_refresh_token'])
      await expectDead(w, tokensOf(won as Granted))
      expect(await w.verify(first.access)).toBe('revoked')
    })

    it('TOK-8, S18: repeated within the window gets the same answer with what is left of expires_in', async () => {
      const w = await world()
      const first = await w.start()
      const second = await w.next(first)
      w.clock.advance(4500)
      const again = await w.next(first, { userAgent: 'another' })
      expect([again.access, again.refresh, again.id]).toEqual([second.access, second.refresh, second.id])
      expect(again.granted.expiresAt).toEqual(second.granted.expiresAt)
      expect(again.granted.expiresInSeconds).toBe(3595)
      expect(await w.grants.tokens.count({ app: w.key, account: 'user' })).toBe(2)
      await expectAlive(w, again)
    })

    for (const [seconds, after, expected] of [
      [10, 0, 'ok'],
      [10, 9999, 'ok'],
      [10, 10_000, 'invalid_refresh_token'],
      [1, 999, 'ok'],
      [1, 1000, 'invalid_refresh_token'],
      [60, 59_999, 'ok'],
      [60, 60_000, 'invalid_refresh_token'],
      [0, 0, 'invalid_refresh_token'],
      // The node that answers may be behind the one that rotated, by a second.
      [10, -1000, 'ok'],
      [10, -1001, 'invalid_refresh_token'],
      [0, -1000, 'invalid_refresh_token'],
    ] as const) {
      it(`TOK-8: a window of ${seconds} s, repeated after ${after} ms: ${expected}`, async () => {
        const w = await world({ options: { lifetimes: { retryWindowSeconds: seconds } } })
        const first = await w.start()
        const second = await w.next(first)
        const clock = w.clock() + after
        const node = w.node({ clock: () => clock })
        expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe(expected)
        if (expected === 'ok') await expectAlive(w, second)
        else await expectDead(w, second)
      })
    }

    it('S17, TOK-8: the predecessor is reuse once its successor was used, also inside the window', async () => {
      const w = await world()
      const first = await w.start()
      const second = await w.next(first)
      const third = await w.next(second)
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, third)
    })

    it('S16: after two fast rotations the first token ends the session, and nobody else is hurt', async () => {
      const w = await world()
      const other = await w.start()
      const stranger = await w.start({ account: 'org' })
      const first = await w.start()
      const third = await w.next(await w.next(first))
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, third)
      for (const access of [first.access, third.access]) expect(await w.verify(access)).toBe('revoked')
      await expectAlive(w, other)
      await expectAlive(w, stranger)
      expect(await w.grants.installs.count({ app: w.key })).toBe(2)
    })

    it('TOK-8: any earlier one, however many rotations and days ago, is reuse; garbage ends nothing', async () => {
      const w = await world()
      const all = [await w.start()]
      for (let n = 0; n < 6; n++) {
        w.clock.advance(10 * DAY)
        all.push(await w.next(all.at(-1) as Tokens))
      }
      const last = all.at(-1) as Tokens
      for (const garbage of forged(all)) {
        const code = await codeOf(w.refresh(garbage))
        expect(code).toBe('invalid_refresh_token')
        expect(await w.verify(last.access)).toBe('ok')
      }
      expect(await codeOf(w.refresh(all[1]?.refresh ?? ''))).toBe('invalid_refresh_token')
      await expectDead(w, last)
    })

    it('TOK-8: other parameters within the window are no retry: that is reuse', async () => {
      const w = await world()
      for (const [asked, again] of [
        [undefined, ['read']],
        [['read'], undefined],
        [['read'], ['write']],
        [['read', 'write'], undefined],
      ] as const) {
        const first = await w.start()
        const second = await w.next(first, asked && { scope: asked })
        expect(await codeOf(w.refresh(first.refresh, again && { scope: again }))).toBe('invalid_refresh_token')
        await expectDead(w, second)
      }
    })

    it('S14: revoked by its app inside the window it gives nothing any more', async () => {
      const w = await world()
      const first = await w.start()
      const second = await w.next(first)
      await w.grants.authorizer.revokeToken({ key: w.key, secret: w.secret, token: second.refresh })
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      expect(await codeOf(w.refresh(second.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, second)
    })

    it('revoked by its predecessor or its code: the whole session ends, by the genuine credential of that app only (HTTP-4)', async () => {
      const w = await world()
      for (const which of ['code', 'refresh'] as const) {
        const first = await w.start()
        const second = await w.next(first)
        await w.grants.authorizer.revokeToken({ key: w.key, secret: w.secret, token: first[which] })
        await expectDead(w, second)
      }
      const kept = await w.start()
      for (const token of [...forged([kept]), kept.refresh.slice(1), ''])
        await w.grants.authorizer.revokeToken({ key: w.key, secret: w.secret, token })
      await expectAlive(w, kept)
    })

    it('S18: an access token that was removed meanwhile does not come back by the retry', async () => {
      const w = await world()
      const first = await w.start()
      const second = await w.next(first)
      await w.grants.tokens.remove({ app: w.key, account: 'user', ids: [second.id] })
      const again = await w.next(first)
      expect(again.access).toBe(second.access)
      expect(await w.verify(again.access)).toBe('revoked')
      expect(await w.verify((await w.next(again)).access)).toBe('ok')
    })

    it('S13, S18: another app gets nothing with it, inside the window or not, and hurts nothing', async () => {
      const w = await world()
      const other = await w.grants.apps.register({
        owner: 'org',
        name: 'Other',
        homepage: 'https://other.example/',
        adminEmail: 'a@other.example',
        redirectUrls: ['https://app.example/callback'],
      })
      const by = { key: other.app.key, secret: other.secret }
      const first = await w.start()
      const second = await w.next(first)
      for (const { refresh, code } of [first, second]) {
        expect(await codeOf(w.refresh(refresh, by))).toBe('invalid_refresh_token')
        expect(await codeOf(w.redeem(code, by))).toBe('invalid_code')
        expect(await codeOf(w.grants.authorizer.revokeToken({ ...by, token: refresh }))).toBe('foreign_token')
      }
      await expectAlive(w, second)
    })

    it('S19: with a wider scope is refused and unspent; narrower narrows the access token, not the session (TOK-7)', async () => {
      const w = await world()
      const first = await w.start({ scope: ['read'] })
      expect(first.granted.scope).toEqual(['read'])
      for (const scope of [['write'], ['read', 'write'], ['admin'], ['']])
        expect(await codeOf(w.refresh(first.refresh, { scope }))).toBe('invalid_scope')
      const wide = await w.start()
      const narrow = await w.next(wide, { scope: ['read'] })
      expect(narrow.granted.scope).toEqual(['read'])
      expect(await w.grants.authorizer.verify(narrow.access)).toMatchObject({ scope: ['read'] })
      expect((await w.next(narrow)).granted.scope).toEqual(['read', 'write'])
      await expectAlive(w, first)
    })

    it('S19, S34: kinds are not interchangeable: each credential is garbage in the place of another, and stays', async () => {
      const w = await world()
      const { ticket } = await w.consent()
      const code = await w.code()
      const { access, refresh } = await w.start()
      for (const text of [ticket, code, access, w.secret, w.key])
        expect(await codeOf(w.refresh(text))).toBe('invalid_refresh_token')
      for (const text of [ticket, refresh, access, w.secret, w.key])
        expect(await codeOf(w.redeem(text))).toBe('invalid_code')
      for (const text of [ticket, refresh, code, w.secret, w.key]) expect(await w.verify(text)).toBe('malformed')
      for (const text of [access, refresh, code, w.secret, w.key])
        expect(await codeOf(w.grants.authorizer.approve({ ticket: text, account: 'user' }))).toBe('invalid_ticket')
      expect(await codeOf(w.redeem(code))).toBe('ok')
      expect(await codeOf(w.grants.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
      expect(await codeOf(w.refresh(refresh))).toBe('ok')
    })

    it('idles for at most 14 days, exactly (TOK-2)', async () => {
      for (const [at, expected] of [
        [LIFE.idle - 1, 'ok'],
        [LIFE.idle, 'invalid_refresh_token'],
      ] as const) {
        const w = await world()
        const first = await w.start()
        w.clock.advance(at)
        expect(await codeOf(w.refresh(first.refresh)), `${at}`).toBe(expected)
      }
    })

    it('has an absolute end, 90 days from the approval, and no token outlives it (TOK-2)', async () => {
      const w = await world()
      const code = await w.code()
      const approvedAt = w.clock()
      w.clock.advance(59 * SECOND)
      let tokens = tokensOf(await w.redeem(code), code)
      for (let n = 0; n < 8; n++) {
        w.clock.advance(11 * DAY)
        tokens = await w.next(tokens)
      }
      w.clock.advance(approvedAt + LIFE.absolute - 1 - w.clock())
      tokens = await w.next(tokens)
      expect(tokens.granted.expiresAt.getTime()).toBe(approvedAt + LIFE.absolute)
      expect(tokens.granted.expiresInSeconds).toBe(0)
      expect(await w.verify(tokens.access)).toBe('ok')
      w.clock.advance(1)
      await expectDead(w, tokens, 'expired')
      expect(await w.grants.installs.count({ app: w.key })).toBe(0)
      expect((await w.grants.installs.list({ account: 'user' })).items).toEqual([])
    })

    it('lets an access token live to the second before its end, and the refresh token with the shortest lifetimes (TOK-2)', async () => {
      const lifetimes = { accessTokenSeconds: 1, refreshIdleSeconds: 1, refreshAbsoluteSeconds: 1, codeSeconds: 1 }
      const w = await world({ options: { lifetimes } })
      const { access, refresh } = await w.start()
      w.clock.advance(SECOND - 1)
      expect(await w.verify(access)).toBe('ok')
      w.clock.advance(1)
      expect(await w.verify(access)).toBe('expired')
      expect(await codeOf(w.refresh(refresh))).toBe('invalid_refresh_token')
    })

    it('S48, TOK-7: refused while the app is suspended or the account blocked, and unspent: the same one works afterwards', async () => {
      const w = await world()
      const first = await w.start()
      const second = await w.next(first)
      const states = [
        ['app_suspended', () => w.grants.apps.suspend(w.key), () => w.grants.apps.resume(w.key)],
        ['account_blocked', () => w.tree.set('user', { active: false }), () => w.tree.set('user', { active: true })],
        ['account_blocked', () => w.tree.set('root', { active: false }), () => w.tree.set('root', { active: true })],
        ['account_blocked', () => w.tree.setGone('user', true), () => w.tree.setGone('user', false)],
        ['account_blocked', () => w.tree.set('org', { active: false }), () => w.tree.set('org', { active: true })],
        [
          'not_permitted',
          () => w.tree.set('org', { mayUseApps: false }),
          () => w.tree.set('org', { mayUseApps: true }),
        ],
        [
          'not_permitted',
          () => w.tree.set('provider', { mayUseApps: ({ key }) => key !== w.key }),
          () => w.tree.set('provider', { mayUseApps: true }),
        ],
        ['directory_unavailable', () => w.tree.setDown(true), () => w.tree.setDown(false)],
      ] as const
      for (const [code, forbid, allow] of states) {
        await forbid()
        const written = w.observed.writes()
        // A reuse is not judged meanwhile either: nothing is written.
        for (const { refresh } of [first, second]) expect(await codeOf(w.refresh(refresh))).toBe(code)
        expect(await codeOf(w.redeem(first.code))).toBe(code)
        expect(w.observed.writes()).toBe(written)
        await allow()
        expect(await w.verify(second.access)).toBe('ok')
      }
      expect(await codeOf(w.refresh(second.refresh))).toBe('ok')
    })

    it('S37, ACC-7: another epoch of the account inherits nothing, and the old one revives nothing it was asked anew for', async () => {
      const w = await world()
      w.tree.set('user', { epoch: 'first' })
      const [tokens, pending] = [await w.start(), await w.code()]
      w.tree.set('user', { epoch: 'second' })
      expect(await codeOf(w.redeem(pending))).toBe('invalid_code')
      await expectDead(w, tokens)
      expect((await w.grants.installs.list({ account: 'user' })).items).toEqual([])
      const fresh = await w.start()
      await expectAlive(w, fresh)
      w.tree.set('user', { epoch: 'first' })
      expect(await w.verify(tokens.access)).toBe('revoked')
      expect(await codeOf(w.redeem(pending))).toBe('invalid_code')
    })

    it('ACC-7: an epoch that comes, or goes, is another epoch', async () => {
      const w = await world()
      const without = await w.start()
      w.tree.set('user', { epoch: 'first' })
      await expectDead(w, without)
    })

    it('S38: a regeneration kills overlap secrets, tokens and pending codes at once', async () => {
      const w = await world()
      const second = await w.grants.apps.addSecret(w.key)
      const [tokens, pending] = [await w.start(), await w.code()]
      const { secret } = await w.grants.apps.regenerateSecret(w.key)
      for (const old of [w.secret, second.secret])
        expect(await codeOf(w.redeem(pending, { secret: old }))).toBe('app_authentication_failed')
      expect(await codeOf(w.redeem(pending, { secret }))).toBe('invalid_code')
      expect(await codeOf(w.refresh(tokens.refresh, { secret }))).toBe('invalid_refresh_token')
      expect(await w.verify(tokens.access)).toBe('revoked')
      expect(await w.grants.installs.count({ app: w.key })).toBe(1)
    })

    it('TOK-5: removing its access token leaves it as it is', async () => {
      const w = await world()
      const first = await w.start()
      await w.grants.tokens.remove({ app: w.key, account: 'user', ids: [first.id] })
      expect(await w.verify(first.access)).toBe('revoked')
      await w.grants.tokens.removeAll({ app: w.key, account: 'user' })
      const second = await w.next(first)
      await w.grants.tokens.removeAll({ app: w.key, account: 'user' })
      expect(await w.verify(second.access)).toBe('revoked')
      await expectAlive(w, await w.next(second))
      expect(await w.grants.installs.count({ app: w.key })).toBe(1)
    })

    it('S49: a scope that the app loses is lost at once, asked for no more, and back when it comes back', async () => {
      const w = await world()
      const first = await w.start()
      await w.grants.apps.update(w.key, { scopes: ['read'] })
      expect(await w.grants.authorizer.verify(first.access)).toMatchObject({ ok: true, scope: ['read'] })
      expect(await codeOf(w.refresh(first.refresh, { scope: ['write'] }))).toBe('invalid_scope')
      const second = await w.next(first)
      expect(second.granted.scope).toEqual(['read'])
      await w.grants.apps.update(w.key, { scopes: ['read', 'write', 'admin'] })
      expect(await w.grants.authorizer.verify(first.access)).toMatchObject({ scope: ['read', 'write'] })
      expect((await w.next(second)).granted.scope).toEqual(['read', 'write'])
    })
  })

  describe('a crash or an outage at a refresh', () => {
    it('between the token and the advance spends nothing, and the repeat gets the derived token (TOK-8)', async () => {
      const w = await world()
      const first = await w.start()
      w.store.fail('replace', 'before')
      expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
      const orphan = w.observed.written.at(-1)
      expect(orphan?.kind).toBe('t')
      w.clock.advance(10 * MINUTE)
      const second = await w.next(first)
      expect(second.id).toBe(orphan?.id)
      await expectAlive(w, second)
    })

    it('the repeat hours later finds the derived token dead, and gets another', async () => {
      const w = await world()
      const first = await w.start()
      w.store.fail('replace', 'before')
      expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
      const orphan = w.observed.written.at(-1)
      w.clock.advance(5 * HOUR)
      const second = await w.next(first)
      expect(second.id).not.toBe(orphan?.id)
      expect(second.granted.expiresInSeconds).toBe(3600)
      await expectAlive(w, second)
    })

    it('the repeat gets another token also where the derived one was removed, or lost its stamp', async () => {
      const w = await world()
      for (const kill of [
        (ids: readonly string[]) => w.grants.tokens.remove({ app: w.key, account: 'user', ids }),
        () => w.grants.tokens.removeAll({ app: w.key, account: 'user' }),
      ]) {
        const first = await w.start()
        w.store.fail('replace', 'before')
        expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
        const orphan = w.observed.written.at(-1)
        await kill([orphan?.id ?? ''])
        const second = await w.next(first)
        expect(second.id).not.toBe(orphan?.id)
        await expectAlive(w, second)
      }
    })

    it('a token that was not stored spends nothing; one whose answer is lost neither', async () => {
      const w = await world()
      for (const [when, code] of [
        ['before', 'store_unavailable'],
        ['after', 'outcome_unknown'],
      ] as const) {
        const first = await w.start()
        w.store.fail('insert', when)
        expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        w.clock.advance(HOUR / 2)
        await expectAlive(w, await w.next(first))
      }
    })

    it('whose answer is lost: repeated within the window it is the same answer, after it the session ends (TOK-8)', async () => {
      const w = await world()
      const first = await w.start()
      w.store.fail('replace', 'after')
      expect(await codeOf(w.refresh(first.refresh))).toBe('outcome_unknown')
      w.clock.advance(LIFE.window - 1)
      const second = await w.next(first)
      await expectAlive(w, second)
      const third = await w.start()
      w.store.fail('replace', 'after')
      expect(await codeOf(w.refresh(third.refresh))).toBe('outcome_unknown')
      w.clock.advance(LIFE.window)
      expect(await codeOf(w.refresh(third.refresh))).toBe('invalid_refresh_token')
      expect(await w.verify(third.access)).toBe('revoked')
    })

    it('whose answer is lost at a code: the repeat ends the session, for a code has no window', async () => {
      const w = await world()
      const code = await w.code()
      w.store.fail('replace', 'after')
      expect(await codeOf(w.redeem(code))).toBe('outcome_unknown')
      expect(await codeOf(w.redeem(code))).toBe('invalid_code')
      expect(await w.grants.tokens.count({ app: w.key, account: 'user' })).toBe(0)
    })

    it('that never reached the store leaves the code good', async () => {
      const w = await world()
      const code = await w.code()
      for (const method of ['get', 'insert', 'replace'] as const) {
        w.store.fail(method, 'before')
        expect(await codeOf(w.redeem(code))).toBe('store_unavailable')
      }
      await expectAlive(w, tokensOf(await w.redeem(code)))
    })

    it('writes that come twice change nothing', async () => {
      const w = await world()
      w.store.repeat('insert')
      w.store.repeat('replace')
      const first = await w.start()
      const second = await w.next(first)
      expect((await w.next(first)).access).toBe(second.access)
      await expectAlive(w, second)
    })

    it('a rotation that the store lost: the later credential ends the session (DESIGN §3)', async () => {
      const w = await world()
      const first = await w.start()
      const stored = await sessionRecord(w)
      const second = await w.next(first)
      const third = await w.next(second)
      // A failover gave the database an older past.
      expect(await w.inner.replace(await sessionRecord(w), { ...stored, revision: 'rolledback' })).toBe(true)
      expect(await w.verify(third.access)).toBe('revoked')
      expect(await w.verify(second.access)).toBe('revoked')
      expect(await codeOf(w.refresh(third.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, first)
    })

    it('a redemption that the store lost: the refresh token ends the session, and the code is worth nothing', async () => {
      const w = await world()
      const code = await w.code()
      const stored = await sessionRecord(w)
      const first = tokensOf(await w.redeem(code), code)
      expect(await w.inner.replace(await sessionRecord(w), { ...stored, revision: 'rolledback' })).toBe(true)
      expect(await w.verify(first.access)).toBe('revoked')
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      expect(await codeOf(w.redeem(code))).toBe('invalid_code')
    })
  })

  describe('S39: a reuse whose answer the store fails', () => {
    for (const [method, when, code, isDead] of [
      ['replace', 'before', 'store_unavailable', false],
      ['replace', 'after', 'outcome_unknown', true],
      ['get', 'before', 'store_unavailable', false],
    ] as const) {
      it(`${method} ${when}: an error, and the repeat ends the session`, async () => {
        const w = await world()
        const first = await w.start()
        const third = await w.next(await w.next(first))
        w.store.fail(method, when)
        expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        for (const { access } of [first, third]) expect(await w.verify(access)).toBe(isDead ? 'revoked' : 'ok')
        // Twice lost is twice unknown: what is only read confirms nothing (REV-7).
        if (isDead) {
          w.store.fail(method, when)
          expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        }
        expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
        for (const { access } of [first, third]) expect(await w.verify(access)).toBe('revoked')
        await expectDead(w, third)
      })
    }

    it('while its tokens are taken out of the list: all are dead, and the answer is the refusal', async () => {
      const w = await world()
      const first = await w.start()
      const third = await w.next(await w.next(first))
      const held = w.store.hold('replace')
      const answer = codeOf(w.refresh(first.refresh))
      await held.reached
      // The one write of the act; those behind it only tidy up.
      held.release()
      expect(await answer).toBe('invalid_refresh_token')
      await expectDead(w, third)
      const again = await w.start()
      const last = await w.next(await w.next(again))
      w.store.fail('replace', 'after', 4)
      expect(await codeOf(w.refresh(again.refresh))).toBe('outcome_unknown')
      for (const { access } of [again, last]) expect(await w.verify(access)).toBe('revoked')
    })
  })

  describe('a public app (APP-11)', () => {
    const app = { public: true, redirectUrls: ['https://app.example/callback'] }

    it('proves itself by PKCE and the refresh token, and revokes by its key', async () => {
      const w = await world({ app })
      const first = await w.start()
      const second = await w.next(first)
      await expectAlive(w, second)
      await w.grants.authorizer.revokeToken({ key: w.key, token: second.access })
      expect(await w.verify(second.access)).toBe('revoked')
      await w.grants.authorizer.revokeToken({ key: w.key, token: second.refresh })
      await expectDead(w, second)
    })

    it('is refused with any secret; without the right verifier it gets nothing, and nothing is spent', async () => {
      const w = await world({ app })
      const code = await w.code()
      for (const secret of ['', 'x'.repeat(32), 'undefined'])
        expect(await codeOf(w.redeem(code, { secret }))).toBe('app_authentication_failed')
      expect(await codeOf(w.redeem(code, { secret: null as never }))).toBe('invalid_request')
      expect(await codeOf(w.redeem(code, { verifier: 'w'.repeat(43) }))).toBe('invalid_code')
      const first = tokensOf(await w.redeem(code), code)
      expect(await codeOf(w.refresh(first.refresh, { secret: '' }))).toBe('app_authentication_failed')
      expect(await codeOf(w.grants.authorizer.grantTrusted({ key: w.key, secret: '' }))).toBe(
        'app_authentication_failed',
      )
      expect(await codeOf(w.grants.apps.regenerateSecret(w.key))).toBe('invalid_request')
      expect(await codeOf(w.grants.apps.setTrusted(w.key, true))).toBe('invalid_request')
      await expectAlive(w, first)
    })

    it('ends its session by the reuse of a refresh token or of a code as any app does', async () => {
      const w = await world({ app })
      for (const which of ['refresh', 'code'] as const) {
        const first = await w.start()
        const third = await w.next(await w.next(first))
        expect(await codeOf(which === 'code' ? w.redeem(first.code) : w.refresh(first.refresh))).not.toBe('ok')
        await expectDead(w, third)
      }
    })

    it("S26: a confidential app's key alone, or an empty secret, is no public app's", async () => {
      const w = await world()
      const { app: open } = await w.grants.apps.register({
        owner: 'org',
        name: 'Open',
        homepage: 'https://open.example/',
        adminEmail: 'a@open.example',
        redirectUrls: ['https://app.example/callback'],
        public: true,
      })
      const first = await w.start()
      const code = await w.code()
      const written = w.observed.writes()
      for (const secret of [undefined, '']) {
        const by = { key: w.key, secret }
        expect(await codeOf(w.redeem(code, by))).toBe('app_authentication_failed')
        // Who does not prove who it is learns nothing of what else is wrong.
        expect(await codeOf(w.redeem(code, { ...by, verifier: 'short' }))).toBe('app_authentication_failed')
        expect(await codeOf(w.redeem('garbage', by))).toBe('app_authentication_failed')
        expect(await codeOf(w.refresh(first.refresh, by))).toBe('app_authentication_failed')
        expect(await codeOf(w.grants.authorizer.revokeToken({ ...by, token: first.refresh } as never))).toBe(
          'app_authentication_failed',
        )
      }
      const byOpen = { key: open.key, secret: undefined }
      expect(await codeOf(w.redeem(code, byOpen))).toBe('invalid_code')
      expect(await codeOf(w.refresh(first.refresh, byOpen))).toBe('invalid_refresh_token')
      expect(w.observed.writes()).toBe(written)
      await expectAlive(w, first)
    })
  })
}

/** Neither its access token nor any credential of it gives anything. */
export async function expectDead(w: SessionWorld, { access, refresh }: Tokens, reason = 'revoked'): Promise<void> {
  expect(await w.verify(access)).toBe(reason)
  expect(await codeOf(w.refresh(refresh))).toBe('invalid_refresh_token')
}

/** Its access token works, and its refresh token gives another that does. */
export async function expectAlive(w: SessionWorld, tokens: Tokens): Promise<void> {
  expect(await w.verify(tokens.access)).toBe('ok')
  const next = await w.next(tokens)
  expect(await w.verify(next.access)).toBe('ok')
}

function valuesOf<T>(settled: readonly PromiseSettledResult<T>[]): readonly T[] {
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** The codes that the others were refused with, each once. */
async function codesOf(settled: readonly PromiseSettledResult<unknown>[]): Promise<readonly string[]> {
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [codeOf(Promise.reject(one.reason))] : []))
  return [...new Set(await Promise.all(refused))]
}

/** The session record that was written last, as it stands. */
async function sessionRecord(w: SessionWorld) {
  const written = w.observed.written.findLast(({ kind }) => kind === 's')
  const [stored] = written ? await w.inner.get([written]) : []
  if (!stored) throw new Error('there is no session')
  return stored
}
