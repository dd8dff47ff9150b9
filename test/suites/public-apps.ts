import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { expectAlive, expectDead } from '../support/session-checks.ts'
import { createSessionFixture, type OpenStore, tokensOf } from '../support/session-fixture.ts'

/** What apps without a secret may do, on the stores that `open` gives. */
export function testPublicApps(open: OpenStore): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) => createSessionFixture(open, options)

  describe('public apps (APP-11)', () => {
    const app = { public: true, redirectUrls: ['https://app.example/callback'] }

    it('a public app authenticates by PKCE and by the refresh token, and revokes by its key (APP-11)', async () => {
      const w = await fixture({ app })
      const first = await w.start()
      const second = await w.next(first)
      await expectAlive(w, second)
      await w.appgrant.authorizer.revokeToken({ key: w.key, token: second.access })
      expect(await w.verify(second.access)).toBe('revoked')
      await w.appgrant.authorizer.revokeToken({ key: w.key, token: second.refresh })
      await expectDead(w, second)
    })

    it('a public app is refused with any secret or without the right verifier, and nothing is consumed (APP-11)', async () => {
      const w = await fixture({ app })
      const code = await w.code()
      for (const secret of ['', 'x'.repeat(32), 'undefined'])
        expect(await codeOf(w.exchange(code, { secret }))).toBe('app_authentication_failed')
      expect(await codeOf(w.exchange(code, { secret: null as never }))).toBe('invalid_request')
      expect(await codeOf(w.exchange(code, { codeVerifier: 'w'.repeat(43) }))).toBe('invalid_code')
      const first = tokensOf(await w.exchange(code), code)
      expect(await codeOf(w.refresh(first.refresh, { secret: '' }))).toBe('app_authentication_failed')
      expect(await codeOf(w.appgrant.authorizer.clientCredentials({ key: w.key, secret: '' }))).toBe(
        'app_authentication_failed',
      )
      expect(await codeOf(w.appgrant.apps.regenerateSecret(w.key))).toBe('invalid_request')
      expect(await codeOf(w.appgrant.apps.setTrusted(w.key, true))).toBe('invalid_request')
      await expectAlive(w, first)
    })

    it('reuse of a refresh token or code ends the session of a public app as of any other (APP-11)', async () => {
      const w = await fixture({ app })
      for (const which of ['refresh', 'code'] as const) {
        const first = await w.start()
        const third = await w.next(await w.next(first))
        expect(await codeOf(which === 'code' ? w.exchange(first.code) : w.refresh(first.refresh))).not.toBe('ok')
        await expectDead(w, third)
      }
    })

    it('a confidential app with its key alone or an empty secret is not treated as public (S26)', async () => {
      const w = await fixture()
      const { app: open } = await w.appgrant.apps.register({
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
        expect(await codeOf(w.exchange(code, by))).toBe('app_authentication_failed')
        // A caller that does not authenticate learns nothing of what else is wrong.
        expect(await codeOf(w.exchange(code, { ...by, codeVerifier: 'short' }))).toBe('app_authentication_failed')
        expect(await codeOf(w.exchange('garbage', by))).toBe('app_authentication_failed')
        expect(await codeOf(w.refresh(first.refresh, by))).toBe('app_authentication_failed')
        expect(await codeOf(w.appgrant.authorizer.revokeToken({ ...by, token: first.refresh } as never))).toBe(
          'app_authentication_failed',
        )
      }
      const byOpen = { key: open.key, secret: undefined }
      expect(await codeOf(w.exchange(code, byOpen))).toBe('invalid_code')
      expect(await codeOf(w.refresh(first.refresh, byOpen))).toBe('invalid_refresh_token')
      expect(w.observed.writes()).toBe(written)
      await expectAlive(w, first)
    })
  })
}
