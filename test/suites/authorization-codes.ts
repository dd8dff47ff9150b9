import { describe, expect, it } from 'vitest'
import type { TokenResponse } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { changedAt } from '../support/forged-credentials.ts'
import { codesOf, expectAlive, expectDead, valuesOf } from '../support/session-checks.ts'
import {
  atOnce,
  challengeOf,
  createSessionFixture,
  DAY,
  ISSUER,
  LIFE,
  type OpenStore,
  OTHER_REDIRECT,
  SECOND,
  type TokenOptions,
  tokensOf,
  VERIFIER,
} from '../support/session-fixture.ts'

const PARALLEL = 50

/** What a code does, on the stores that `open` gives. */
export function testAuthorizationCodes(open: OpenStore, format: TokenOptions = {}): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) =>
    createSessionFixture(open, options, format)

  describe('authorization codes', () => {
    it('a code gives an access token for the account and a refresh token, with the configured lifetimes (TOK-2, TOK-6)', async () => {
      const w = await fixture()
      const granted = await w.exchange(await w.code(), { userAgent: 'Softphone/1\u0007' })
      expect(granted).toMatchObject({ expiresInSeconds: 3600, scope: ['read', 'write'] })
      const issuedAt = new Date(w.clock())
      const expiresAt = new Date(w.clock() + LIFE.access)
      expect(await w.appgrant.authorizer.tryVerify(granted.accessToken)).toEqual({
        ok: true,
        kind: 'user',
        app: { key: w.key, name: 'Example App', owner: 'org' },
        account: 'user',
        scope: ['read', 'write'],
        audience: [ISSUER],
        tokenId: granted.tokenId,
        issuedAt,
        expiresAt,
      })
      expect((await w.appgrant.tokens.list({ app: w.key, account: 'user' })).items).toEqual([
        { id: granted.tokenId, kind: 'user', issuedAt, expiresAt, scope: ['read', 'write'], userAgent: 'Softphone/1' },
      ])
    })

    it('exactly one of 50 parallel redemptions of a code over two nodes succeeds, and its tokens are then revoked (S10, TOK-9)', async () => {
      const w = await fixture()
      const code = await w.code()
      const other = w.node()
      const redeemed = await atOnce(PARALLEL, (n) => w.exchange(code, {}, n % 2 ? other : w.appgrant))
      const [won, ...more] = valuesOf(redeemed)
      expect(more).toEqual([])
      expect(await codesOf(redeemed)).toEqual(['invalid_code'])
      const tokens = tokensOf(won as TokenResponse, code)
      await expectDead(w, tokens)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(0)
    })

    it('a code redeemed again within 10 s is denied and ends its session, but no other session (S17, TOK-9, ERR-9)', async () => {
      const w = await fixture()
      const [first, second] = [await w.start(), await w.start()]
      const reused: unknown[] = []
      w.appgrant.events.on('token', ({ at: _, ...event }) => void (event.change === 'reused' && reused.push(event)))
      const source = { remoteAddress: '192.0.2.66', userAgent: 'thief' }
      expect(await codeOf(w.exchange(first.code, source))).toBe('invalid_code')
      await expectDead(w, first)
      await expectAlive(w, second)
      const event = { change: 'reused', app: w.key, account: 'user', tokenIds: [first.id], by: {}, ...source }
      expect(reused).toEqual([event])
    })

    it('a code redeemed again long after its own expiry and several refreshes ends the session (TOK-9)', async () => {
      const w = await fixture()
      const first = await w.start()
      w.clock.advance(DAY)
      const second = await w.next(first)
      w.clock.advance(DAY)
      const third = await w.next(second)
      expect(await codeOf(w.exchange(first.code))).toBe('invalid_code')
      await expectDead(w, third)
    })

    it('a redemption with anything wrong consumes no code and ends no session, before or after the redemption (TOK-9, S11, S13)', async () => {
      const w = await fixture()
      const { app: foreign, secret } = await w.appgrant.apps.register({
        owner: 'other-org',
        name: 'Other',
        homepage: 'https://other.example/',
        adminEmail: 'a@other.example',
        redirectUrls: ['https://app.example/callback'],
      })
      const code = await w.code()
      const wrong = [
        { codeVerifier: `${VERIFIER}x` },
        { codeVerifier: VERIFIER.toUpperCase() },
        { codeVerifier: challengeOf(VERIFIER) },
        { codeVerifier: '' },
        { codeVerifier: 'short' },
        { codeVerifier: VERIFIER.slice(0, 42) },
        { codeVerifier: `${VERIFIER}\n` },
        { codeVerifier: 'v'.repeat(129) },
        { codeVerifier: ` ${VERIFIER}` },
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
        expect(await codeOf(w.exchange(code, change)), JSON.stringify(change)).toBe('invalid_code')
      for (const verifier of [undefined, null, 0, {}, [VERIFIER]])
        expect(await codeOf(w.exchange(code, { codeVerifier: verifier as never }))).toBe('invalid_request')
      expect(await codeOf(w.exchange(code, { secret: 'x'.repeat(32) }))).toBe('app_authentication_failed')
      expect(w.observed.writes()).toBe(written)
      const tokens = tokensOf(await w.exchange(code), code)
      for (const change of wrong)
        expect(await codeOf(w.exchange(code, change)), JSON.stringify(change)).toBe('invalid_code')
      await expectAlive(w, tokens)
    })

    it('a code whose challenge the store lost is refused (S12)', async () => {
      const w = await fixture()
      const code = await w.code()
      const session = w.observed.written.findLast(({ kind }) => kind === 's')
      if (!session) throw new Error('no session was written')
      for (const binding of [undefined, '', null, challengeOf('')]) {
        const [stored] = await w.inner.get([session])
        if (!stored) throw new Error('the session is gone')
        const data = JSON.stringify({ ...JSON.parse(stored.data), binding })
        expect(await w.inner.replace(stored, { ...stored, revision: `r${String(binding).length}`, data })).toBe(true)
        for (const codeVerifier of [VERIFIER, 'v'.repeat(43)]) {
          const answer = await w.exchange(code, { codeVerifier }).then(
            () => 'passed',
            () => 'refused',
          )
          expect(answer).toBe('refused')
        }
      }
    })

    it('a code is valid until the millisecond before its expiry (TOK-2)', async () => {
      for (const [codeSeconds, at, expected] of [
        [60, LIFE.code - 1, 'ok'],
        [60, LIFE.code, 'invalid_code'],
        [1, SECOND - 1, 'ok'],
        [1, SECOND, 'invalid_code'],
        [600, 600 * SECOND - 1, 'ok'],
        [600, 600 * SECOND, 'invalid_code'],
      ] as const) {
        const w = await fixture({ options: { lifetimes: { codeSeconds } } })
        const code = await w.code()
        w.clock.advance(at)
        expect(await codeOf(w.exchange(code)), `${codeSeconds} s, ${at} ms`).toBe(expected)
      }
    })

    it('a code is kept while the app is suspended: nothing is written, and it ages (S13, TOK-9)', async () => {
      const w = await fixture()
      const code = await w.code()
      const spent = await w.start()
      await w.appgrant.apps.suspend(w.key)
      const written = w.observed.writes()
      expect(await codeOf(w.exchange(code))).toBe('app_suspended')
      expect(await codeOf(w.exchange(spent.code))).toBe('app_suspended')
      expect(await codeOf(w.exchange('garbage'))).toBe('app_suspended')
      expect(w.observed.writes()).toBe(written)
      await w.appgrant.apps.resume(w.key)
      await expectAlive(w, spent)
      expect(await codeOf(w.exchange(code))).toBe('ok')
    })

    it('a code ends with its redirect URL, even if the URL returns; a code for another URL stays valid', async () => {
      const w = await fixture()
      const bound = await w.code()
      const other = await w.code({}, { redirect_uri: OTHER_REDIRECT })
      await w.appgrant.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT] })
      expect(await codeOf(w.exchange(bound))).toBe('invalid_code')
      await w.appgrant.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT, 'https://app.example/callback'] })
      expect(await codeOf(w.exchange(bound))).toBe('invalid_code')
      expect(await codeOf(w.exchange(other, { redirectUrl: OTHER_REDIRECT }))).toBe('ok')
    })
  })
}
