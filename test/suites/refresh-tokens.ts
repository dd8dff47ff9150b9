import { describe, expect, it } from 'vitest'
import type { AppIdentity, RefreshInput, TokenResponse } from '../../src/index.ts'
import { faultyStore } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { forged } from '../support/forged-credentials.ts'
import { codesOf, expectAlive, expectDead, valuesOf } from '../support/session-checks.ts'
import {
  atOnce,
  createSessionFixture,
  DAY,
  LIFE,
  MINUTE,
  type OpenStore,
  SECOND,
  type TokenOptions,
  type Tokens,
  tokensOf,
} from '../support/session-fixture.ts'

const PARALLEL = 50
const REPLAYS = 400
const MAIN = 'https://api.example'
const OTHER = 'https://files.example'

/** What a refresh token does, on the stores that `open` gives. */
export function testRefreshTokens(open: OpenStore, format: TokenOptions = {}): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) =>
    createSessionFixture(open, options, format)

  describe('refresh tokens', () => {
    it('a refresh token rotates at each use; the successor works, and each access token until its own expiry (TOK-2, TOK-3)', async () => {
      const w = await fixture()
      const first = await w.start()
      w.clock.advance(30 * MINUTE)
      const second = await w.next(first)
      expect(second.refresh).not.toBe(first.refresh)
      expect(await w.verify(first.access)).toBe('ok')
      expect(await w.verify(second.access)).toBe('ok')
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(2)
      w.clock.advance(30 * MINUTE)
      expect(await w.verify(first.access)).toBe('expired')
      expect(await w.verify(second.access)).toBe('ok')
    })

    it('50 parallel refreshes over two nodes get identical responses: one rotation, one access token (S10, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const other = w.node()
      const issued = { count: 0 }
      for (const { events } of [w.appgrant, other])
        events.on('token', ({ change }) => void (change === 'issued' && issued.count++))
      const answers = valuesOf(await atOnce(PARALLEL, (n) => w.refresh(first.refresh, {}, n % 2 ? other : w.appgrant)))
      expect(answers).toHaveLength(PARALLEL)
      const texts = new Set(
        answers.map(({ accessToken, refreshToken, tokenId }) => `${accessToken} ${refreshToken} ${tokenId}`),
      )
      expect(texts.size).toBe(1)
      expect(issued.count).toBe(1)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(2)
      await expectAlive(w, tokensOf(answers[0] as TokenResponse))
    })

    it('100 parallel refreshes ask the directory once each for the account and for the owner, however often they are attempted (ACC-1)', async () => {
      const w = await fixture()
      const first = await w.start()
      const before = w.tree.questions
      expect(valuesOf(await atOnce(100, () => w.refresh(first.refresh)))).toHaveLength(100)
      expect(w.tree.questions - before).toBe(200)
    })

    it('one of 50 parallel refreshes succeeds without a grace period, and then the session is over (S10)', async () => {
      const w = await fixture({ options: { lifetimes: { refreshGraceSeconds: 0 } } })
      const first = await w.start()
      const other = w.node()
      const answers = await atOnce(PARALLEL, (n) => w.refresh(first.refresh, {}, n % 2 ? other : w.appgrant))
      const [won, ...more] = valuesOf(answers)
      expect(more).toEqual([])
      expect(await codesOf(answers)).toEqual(['invalid_refresh_token'])
      await expectDead(w, tokensOf(won as TokenResponse))
      expect(await w.verify(first.access)).toBe('revoked')
    })

    it('a refresh repeated within the grace period gets the same response with the remaining expires_in (TOK-8, S18)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      w.clock.advance(4500)
      const again = await w.next(first, { userAgent: 'another' })
      expect([again.access, again.refresh, again.id]).toEqual([second.access, second.refresh, second.id])
      expect(again.granted.expiresAt).toEqual(second.granted.expiresAt)
      expect(again.granted.expiresInSeconds).toBe(3595)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(2)
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
      // The node that responds may be a second behind the one that rotated.
      [10, -1000, 'ok'],
      [10, -1001, 'clock_skew'],
      [0, -1000, 'invalid_refresh_token'],
    ] as const) {
      it(`a refresh repeated after ${after} ms with a grace period of ${seconds} s ends in ${expected} (TOK-8)`, async () => {
        const w = await fixture({ options: { lifetimes: { refreshGraceSeconds: seconds } } })
        const first = await w.start()
        const second = await w.next(first)
        const clock = w.clock() + after
        const node = w.node({ clock: () => clock })
        expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe(expected)
        if (expected !== 'invalid_refresh_token') await expectAlive(w, second)
        else await expectDead(w, second)
      })
    }

    it('the previous refresh token is reuse once its successor was used, even within the grace period (S17, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      const third = await w.next(second)
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, third)
    })

    it('the first token after two fast rotations ends its session and no other (S16)', async () => {
      const w = await fixture()
      const other = await w.start()
      const stranger = await w.start({ account: 'org' })
      const first = await w.start()
      const third = await w.next(await w.next(first))
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, third)
      for (const access of [first.access, third.access]) expect(await w.verify(access)).toBe('revoked')
      await expectAlive(w, other)
      await expectAlive(w, stranger)
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(2)
    })

    it('400 parallel replays of a spent refresh token take at most 5 calls of the store each, and its session is written once for all that wait (TOK-8, ERR-7)', async () => {
      const w = await fixture({ app: { public: true } })
      const first = await w.start()
      const third = await w.next(await w.next(first))
      for (const again of [false, true]) {
        const before = { ...w.observed.calls }
        const answers = await atOnce(REPLAYS, () => w.refresh(first.refresh))
        expect(new Set(await codesOf(answers))).toEqual(new Set(['invalid_refresh_token']))
        const { get, insert, replace, list, count } = w.observed.calls
        const total = get + insert + replace + list + count
        expect(total - Object.values(before).reduce((sum, calls) => sum + calls, 0), `again: ${again}`).toBeLessThan(
          5 * REPLAYS,
        )
      }
      await expectDead(w, third)
    })

    it('replays count as failed attempts, and are 429 after too many of one app and address; other tokens go on (ERR-3, TOK-8)', async () => {
      const w = await fixture({ app: { public: true } })
      const first = await w.start()
      const other = await w.start()
      const second = await w.next(await w.next(first))
      const from = { remoteAddress: '192.0.2.9' }
      const replay = () => codeOf(w.refresh(first.refresh, from))
      for (let n = 0; n < 10; n++) expect(await replay()).toBe('invalid_refresh_token')
      expect(await replay()).toBe('too_many_failures')
      expect(await codeOf(w.refresh(second.refresh, from))).toBe('too_many_failures')
      expect(await codeOf(w.refresh(first.refresh, { remoteAddress: '192.0.2.10' }))).toBe('invalid_refresh_token')
      await expectAlive(w, tokensOf(await w.refresh(other.refresh, from)))
    })

    it('any earlier refresh token is reuse, however many rotations and days ago, and garbage ends nothing (TOK-8)', async () => {
      const w = await fixture()
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

    const SAME: readonly (readonly [string, Partial<RefreshInput>, Partial<RefreshInput>])[] = [
      ['with the scopes in another order', { scope: ['read', 'write'] }, { scope: ['write', 'read'] }],
      ['with a scope repeated', { scope: ['read'] }, { scope: ['read', 'read'] }],
      ['with all scopes instead of none', {}, { scope: ['write', 'read'] }],
      ['with no scopes instead of all', { scope: ['read', 'write'] }, {}],
      ['with the granted resource instead of none', {}, { resources: [MAIN] }],
      ['with the resources in another order', { resources: [MAIN, OTHER] }, { resources: [OTHER, MAIN] }],
      ['with no resource instead of the granted one', { resources: [MAIN] }, {}],
    ]
    for (const [what, one, other] of SAME) {
      it(`a refresh repeated ${what} gets the identical response (TOK-8)`, async () => {
        const w = await fixture({ options: { resources: [MAIN, OTHER] } })
        const resource = one.resources ?? other.resources ?? []
        const code = await w.code({}, { resource })
        const first = tokensOf(await w.exchange(code), code)
        const second = await w.next(first, one)
        w.clock.advance(4000)
        const again = await w.next(first, other)
        expect([again.access, again.refresh, again.id]).toEqual([second.access, second.refresh, second.id])
        expect(again.granted.scope).toEqual(second.granted.scope)
        expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(2)
        await expectAlive(w, again)
      })
    }

    const OTHERWISE: readonly (readonly [Partial<RefreshInput>, Partial<RefreshInput>])[] = [
      [{}, { scope: ['read'] }],
      [{ scope: ['read'] }, {}],
      [{ scope: ['read'] }, { scope: ['write'] }],
      [{ scope: [] }, {}],
      [{}, { resources: [OTHER] }],
      [{ resources: [OTHER] }, { resources: [MAIN] }],
    ]
    for (const [one, other] of OTHERWISE) {
      it(`a refresh with ${JSON.stringify(one)} repeated with ${JSON.stringify(other)} gets the same refresh token and an access token of its own (TOK-8)`, async () => {
        const w = await fixture({ options: { resources: [MAIN, OTHER] } })
        const resource = [MAIN, OTHER]
        const code = await w.code({}, { resource })
        const first = tokensOf(await w.exchange(code), code)
        const second = await w.next(first, one)
        const third = await w.next(first, other)
        expect(third.refresh).toBe(second.refresh)
        expect(third.id).not.toBe(second.id)
        const access = await w.appgrant.authorizer.tryVerify(third.access)
        expect(access).toMatchObject({
          ok: true,
          scope: other.scope ?? ['read', 'write'],
          audience: other.resources ?? resource,
        })
        // Each of the two is repeated as it was, in either order, and nothing more is stored.
        const counted = await w.appgrant.tokens.count({ app: w.key, account: 'user' })
        expect(counted).toBe(3)
        const written = w.observed.writes()
        for (const [asked, got] of [
          [other, third],
          [one, second],
        ] as const)
          expect((await w.next(first, asked)).access).toBe(got.access)
        expect(w.observed.writes()).toBe(written)
        for (const { access: text } of [first, second, third]) expect(await w.verify(text)).toBe('ok')
        await expectAlive(w, third)
      })
    }

    it('50 parallel refreshes with five sets of parameters get one refresh token and one access token for each set (S10, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const other = w.node()
      const sets = [undefined, ['read'], ['write'], ['write', 'read'], []]
      const answers = valuesOf(
        await atOnce(PARALLEL, (n) => {
          const scope = sets[n % sets.length]
          return w.refresh(first.refresh, scope ? { scope } : {}, n % 2 ? other : w.appgrant)
        }),
      )
      expect(answers).toHaveLength(PARALLEL)
      expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
      expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(4)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(5)
      for (const { accessToken } of answers) expect(await w.verify(accessToken)).toBe('ok')
      await expectAlive(w, tokensOf(answers[0] as TokenResponse))
    })

    it('a repeat with a scope or resource that was not granted is refused, and ends nothing (TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      expect(await codeOf(w.refresh(first.refresh, { scope: ['admin'] }))).toBe('invalid_scope')
      expect(await codeOf(w.refresh(first.refresh, { resources: ['https://elsewhere.example'] }))).toBe(
        'invalid_target',
      )
      expect((await w.next(first)).access).toBe(second.access)
      await expectAlive(w, second)
    })

    it('a refresh token is good for eight sets of parameters, and a ninth is refused and ends nothing (TOK-8)', async () => {
      const scopes = ['a', 'b', 'c', 'd']
      const catalogue = Object.fromEntries(scopes.map((scope) => [scope, scope]))
      const w = await fixture({ app: { scopes }, options: { scopes: catalogue } })
      const first = await w.start()
      const second = await w.next(first)
      const sets = [['a'], ['b'], ['c'], ['d'], ['a', 'b'], ['a', 'c'], ['a', 'd']]
      for (const scope of sets) expect((await w.next(first, { scope })).refresh).toBe(second.refresh)
      expect(await codeOf(w.refresh(first.refresh, { scope: ['b', 'c'] }))).toBe('invalid_request')
      for (const scope of sets)
        expect((await w.next(first, { scope: scope.toReversed() })).granted.scope).toEqual(scope)
      await expectAlive(w, second)
    })

    it('a repeat whose access token was stored and removed meanwhile gets one that has expired, and the same refresh token (TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      w.store.fail('replace', 'before')
      expect(await codeOf(w.refresh(first.refresh, { scope: ['read'] }))).toBe('store_unavailable')
      await w.appgrant.tokens.removeAll({ app: w.key, account: 'user' })
      const again = await w.next(first, { scope: ['read'] })
      expect(again.granted.expiresInSeconds).toBe(0)
      expect(await w.verify(again.access)).not.toBe('ok')
      expect(again.refresh).toBe(second.refresh)
      await expectAlive(w, await w.next(again))
    })

    it('each repeat of a refresh is one event with address and user agent, and so is reuse; neither accuses the account (TOK-8, ERR-9)', async () => {
      const w = await fixture()
      const first = await w.start()
      const app = { key: w.key, account: 'user' }
      const source = { remoteAddress: '192.0.2.66', userAgent: 'thief/1' }
      const seen: unknown[] = []
      w.appgrant.events.on('token', ({ at: _, app: key, account, ...event }) => {
        expect({ key, account }).toEqual(app)
        seen.push(event)
      })
      const { id } = await w.next(first, { userAgent: 'app/1' })
      await w.next(first, source)
      const { id: other } = await w.next(first, { ...source, scope: ['read'] })
      const third = await w.next(await w.next(first))
      expect(await codeOf(w.refresh(first.refresh, source))).toBe('invalid_refresh_token')
      expect(await codeOf(w.refresh(third.refresh, source))).toBe('invalid_refresh_token')
      const by = {}
      expect(seen).toEqual([
        { change: 'issued', tokenIds: [id], by, userAgent: 'app/1' },
        { change: 'repeated', tokenIds: [id], by, ...source },
        { change: 'issued', tokenIds: [other], by, ...source },
        { change: 'repeated', tokenIds: [other], by, ...source },
        { change: 'repeated', tokenIds: [id], by },
        { change: 'issued', tokenIds: [third.id], by },
        { change: 'reused', tokenIds: expect.any(Array), by, ...source },
      ])
      const { tokenIds } = seen.at(-1) as { tokenIds: readonly string[] }
      expect(tokenIds.toSorted()).toEqual([first.id, id, other, third.id].toSorted())
    })

    it('a session that ends with 81 live tokens leaves none in the list, and those of other sessions stay (ERR-9)', async () => {
      for (const how of ['reuse', 'revocation'] as const) {
        const w = await fixture()
        const other = await w.start()
        const first = await w.start()
        let last = first
        for (let n = 0; n < 80; n++) {
          w.clock.advance(SECOND)
          last = await w.next(last)
        }
        expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(82)
        const ended: number[] = []
        w.appgrant.events.on('token', ({ tokenIds }) => void ended.push(tokenIds.length))
        if (how === 'reuse') expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
        else await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: last.refresh })
        expect(ended).toEqual([81])
        const { items } = await w.appgrant.tokens.list({ app: w.key, account: 'user' })
        expect(items.map(({ id }) => id)).toEqual([other.id])
        await expectAlive(w, other)
      }
    })

    it('a refresh that loses against the end of its session leaves no token in the list', async () => {
      const w = await fixture()
      const first = await w.start()
      for (const options of [{}, { rotateRefreshTokens: false }]) {
        const { refresh } = await w.start()
        const slow = faultyStore(w.inner)
        const node = w.node({ store: slow, ...options })
        const { release, reached } = slow.hold('insert')
        const refreshing = codeOf(w.refresh(refresh, {}, node))
        await reached
        await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: refresh })
        release()
        expect(await refreshing).toBe('invalid_refresh_token')
        const { items } = await w.appgrant.tokens.list({ app: w.key, account: 'user' })
        expect(items.map(({ id }) => id)).toEqual([first.id])
      }
    })

    describe('without rotation', () => {
      const options = { rotateRefreshTokens: false }

      it('a confidential app keeps its refresh token, and each use gets an access token of its own (TOK-8)', async () => {
        const w = await fixture({ options })
        const first = await w.start()
        const ids = [first.id]
        for (let n = 0; n < 5; n++) {
          w.clock.advance(13 * DAY)
          const next = await w.next(first)
          expect(next.refresh).toBe(first.refresh)
          expect(await w.verify(next.access)).toBe('ok')
          ids.push(next.id)
        }
        expect(new Set(ids).size).toBe(6)
        w.clock.advance(LIFE.idle)
        expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      })

      it('50 parallel refreshes all succeed, and a reuse of the code or a revocation still ends the session (TOK-8, TOK-9)', async () => {
        const w = await fixture({ options })
        for (const how of ['code', 'revocation'] as const) {
          const first = await w.start()
          w.clock.advance(MINUTE)
          const answers = valuesOf(await atOnce(PARALLEL, () => w.refresh(first.refresh)))
          expect(new Set(answers.map(({ tokenId }) => tokenId)).size).toBe(PARALLEL)
          if (how === 'code') expect(await codeOf(w.exchange(first.code))).toBe('invalid_code')
          else await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: first.refresh })
          for (const { accessToken } of answers) expect(await w.verify(accessToken)).toBe('revoked')
          expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(0)
          await expectDead(w, first)
        }
      })

      it('a session ends 90 days after the approval also if its refresh token is kept (TOK-2)', async () => {
        const w = await fixture({ options })
        const first = await w.start()
        for (let n = 0; n < 8; n++) {
          w.clock.advance(11 * DAY)
          await w.next(first)
        }
        w.clock.advance(2 * DAY)
        expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      })

      it('the previous refresh token is reuse once its kept successor was used (TOK-8)', async () => {
        const w = await fixture()
        const first = await w.start()
        const second = await w.next(first)
        const node = w.node(options)
        expect((await w.refresh(second.refresh, {}, node)).refreshToken).toBe(second.refresh)
        expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe('invalid_refresh_token')
        await expectDead(w, second)
      })

      it('the option applies to the apps for which its function returns false, and never to a public app (TOK-8)', async () => {
        const asked: unknown[] = []
        const rotateRefreshTokens = (app: AppIdentity) => {
          asked.push(app)
          return app.owner !== 'org'
        }
        const kept = await fixture({ options: { rotateRefreshTokens } })
        const first = await kept.start()
        expect((await kept.next(first)).refresh).toBe(first.refresh)
        expect(asked).toEqual([{ key: kept.key, owner: 'org', trusted: false, scopes: ['read', 'write'] }])
        const open = await fixture({ options, app: { public: true } })
        const rotated = await open.start()
        expect((await open.next(rotated)).refresh).not.toBe(rotated.refresh)
      })
    })

    it('a refresh token that its app revoked within the grace period gives nothing more (S14)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: second.refresh })
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      expect(await codeOf(w.refresh(second.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, second)
    })

    it('revoking an earlier refresh token or the code ends the session, only by its app and only if genuine (HTTP-4)', async () => {
      const w = await fixture()
      for (const which of ['code', 'refresh'] as const) {
        const first = await w.start()
        const second = await w.next(first)
        await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: first[which] })
        await expectDead(w, second)
      }
      const kept = await w.start()
      for (const token of [...forged([kept]), kept.refresh.slice(1), ''])
        await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token })
      await expectAlive(w, kept)
    })

    it('a retry does not restore an access token that was removed in between (S18)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      await w.appgrant.tokens.remove({ app: w.key, account: 'user', ids: [second.id] })
      const again = await w.next(first)
      expect(again.access).toBe(second.access)
      expect(await w.verify(again.access)).toBe('revoked')
      expect(await w.verify((await w.next(again)).access)).toBe('ok')
    })

    it('another app gets nothing with a refresh token, within the grace period or not, and ends nothing (S13, S18)', async () => {
      const w = await fixture()
      const other = await w.appgrant.apps.register({
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
        expect(await codeOf(w.exchange(code, by))).toBe('invalid_code')
        expect(await codeOf(w.appgrant.authorizer.revokeToken({ ...by, token: refresh }))).toBe('foreign_token')
      }
      await expectAlive(w, second)
    })

    it('a refresh gets the granted part of the requested scope, and none is refused and not consumed; the session keeps its scope (S19, TOK-7)', async () => {
      const w = await fixture()
      const first = await w.start({ scope: ['read'] })
      expect(first.granted.scope).toEqual(['read'])
      for (const scope of [['write'], ['admin', 'write'], ['']])
        expect(await codeOf(w.refresh(first.refresh, { scope }))).toBe('invalid_scope')
      const again = await w.next(first, { scope: ['read', 'write', 'admin'] })
      expect(again.granted.scope).toEqual(['read'])
      expect(await w.appgrant.authorizer.verify(again.access)).toMatchObject({ scope: ['read'] })
      const wide = await w.start()
      const narrow = await w.next(wide, { scope: ['read'] })
      expect(narrow.granted.scope).toEqual(['read'])
      expect(await w.appgrant.authorizer.tryVerify(narrow.access)).toMatchObject({ scope: ['read'] })
      expect((await w.next(narrow)).granted.scope).toEqual(['read', 'write'])
      await expectAlive(w, again)
    })

    it('credentials of different kinds are not interchangeable, and a wrong use does not consume them (S19, S34)', async () => {
      const w = await fixture()
      const { ticket } = await w.consent()
      const code = await w.code()
      const { access, refresh } = await w.start()
      for (const text of [ticket, code, access, w.secret, w.key])
        expect(await codeOf(w.refresh(text))).toBe('invalid_refresh_token')
      for (const text of [ticket, refresh, access, w.secret, w.key])
        expect(await codeOf(w.exchange(text))).toBe('invalid_code')
      for (const text of [ticket, refresh, code, w.secret, w.key]) expect(await w.verify(text)).toBe('malformed')
      for (const text of [access, refresh, code, w.secret, w.key])
        expect(await codeOf(w.appgrant.authorizer.approve({ ticket: text, account: 'user' }))).toBe('invalid_ticket')
      expect(await codeOf(w.exchange(code))).toBe('ok')
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
      expect(await codeOf(w.refresh(refresh))).toBe('ok')
    })

    it('an unused refresh token expires after exactly 14 days (TOK-2)', async () => {
      for (const [at, expected] of [
        [LIFE.idle - 1, 'ok'],
        [LIFE.idle, 'invalid_refresh_token'],
      ] as const) {
        const w = await fixture()
        const first = await w.start()
        w.clock.advance(at)
        expect(await codeOf(w.refresh(first.refresh)), `${at}`).toBe(expected)
      }
    })

    it('a session ends 90 days after the approval, and no token outlives it (TOK-2)', async () => {
      const w = await fixture()
      const code = await w.code()
      const approvedAt = w.clock()
      w.clock.advance(59 * SECOND)
      let tokens = tokensOf(await w.exchange(code), code)
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
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toEqual([])
    })

    it('with the shortest lifetimes, access and refresh tokens are valid until the last millisecond (TOK-2)', async () => {
      const lifetimes = { accessTokenSeconds: 1, refreshIdleSeconds: 1, refreshAbsoluteSeconds: 1, codeSeconds: 1 }
      const w = await fixture({ options: { lifetimes } })
      const { access, refresh } = await w.start()
      w.clock.advance(SECOND - 1)
      expect(await w.verify(access)).toBe('ok')
      w.clock.advance(1)
      expect(await w.verify(access)).toBe('expired')
      expect(await codeOf(w.refresh(refresh))).toBe('invalid_refresh_token')
    })

    it('a refresh is refused while app or account is blocked, and the same token works afterwards (S48, TOK-7)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      const states = [
        ['app_suspended', () => w.appgrant.apps.suspend(w.key), () => w.appgrant.apps.resume(w.key)],
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
        // Reuse has no effect meanwhile either: nothing is written.
        for (const { refresh } of [first, second]) expect(await codeOf(w.refresh(refresh))).toBe(code)
        expect(await codeOf(w.exchange(first.code))).toBe(code)
        expect(w.observed.writes()).toBe(written)
        await allow()
        expect(await w.verify(second.access)).toBe('ok')
      }
      expect(await codeOf(w.refresh(second.refresh))).toBe('ok')
    })

    it('a new account epoch inherits nothing, and the old epoch restores nothing replaced since (S37, ACC-7)', async () => {
      const w = await fixture()
      w.tree.set('user', { epoch: 'first' })
      const [tokens, pending] = [await w.start(), await w.code()]
      w.tree.set('user', { epoch: 'second' })
      expect(await codeOf(w.exchange(pending))).toBe('invalid_code')
      await expectDead(w, tokens)
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toEqual([])
      const fresh = await w.start()
      await expectAlive(w, fresh)
      w.tree.set('user', { epoch: 'first' })
      expect(await w.verify(tokens.access)).toBe('revoked')
      expect(await codeOf(w.exchange(pending))).toBe('invalid_code')
    })

    it('an account epoch that appears or disappears is a different epoch (ACC-7)', async () => {
      const w = await fixture()
      const without = await w.start()
      w.tree.set('user', { epoch: 'first' })
      await expectDead(w, without)
    })

    it('a regeneration revokes overlapping secrets, tokens and pending codes at once (S38)', async () => {
      const w = await fixture()
      const second = await w.appgrant.apps.addSecret(w.key)
      const [tokens, pending] = [await w.start(), await w.code()]
      const { secret } = await w.appgrant.apps.regenerateSecret(w.key)
      for (const old of [w.secret, second.secret])
        expect(await codeOf(w.exchange(pending, { secret: old }))).toBe('app_authentication_failed')
      expect(await codeOf(w.exchange(pending, { secret }))).toBe('invalid_code')
      expect(await codeOf(w.refresh(tokens.refresh, { secret }))).toBe('invalid_refresh_token')
      expect(await w.verify(tokens.access)).toBe('revoked')
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
    })

    it('removing the access token of a session keeps its refresh token (TOK-5)', async () => {
      const w = await fixture()
      const first = await w.start()
      await w.appgrant.tokens.remove({ app: w.key, account: 'user', ids: [first.id] })
      expect(await w.verify(first.access)).toBe('revoked')
      await w.appgrant.tokens.removeAll({ app: w.key, account: 'user' })
      const second = await w.next(first)
      await w.appgrant.tokens.removeAll({ app: w.key, account: 'user' })
      expect(await w.verify(second.access)).toBe('revoked')
      await expectAlive(w, await w.next(second))
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
    })

    it('a scope that an app loses is lost at once, refused when requested, and returns with the registration (S49)', async () => {
      const w = await fixture()
      const first = await w.start()
      await w.appgrant.apps.update(w.key, { scopes: ['read'] })
      expect(await w.appgrant.authorizer.tryVerify(first.access)).toMatchObject({ ok: true, scope: ['read'] })
      expect(await codeOf(w.refresh(first.refresh, { scope: ['write'] }))).toBe('invalid_scope')
      const second = await w.next(first)
      expect(second.granted.scope).toEqual(['read'])
      await w.appgrant.apps.update(w.key, { scopes: ['read', 'write', 'admin'] })
      expect(await w.appgrant.authorizer.tryVerify(first.access)).toMatchObject({ scope: ['read', 'write'] })
      expect((await w.next(second)).granted.scope).toEqual(['read', 'write'])
    })
  })
}
