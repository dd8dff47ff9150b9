import { describe, expect, it } from 'vitest'
import { codeOf } from '../base/code-of.ts'
import { expectAlive, expectDead } from './session-checks.ts'
import { createSessionWorld, type OpenStore, tokensOf } from './session-world.ts'

/** What apps without a secret may do, on the stores that `open` gives. */
export function testPublicApps(open: OpenStore): void {
  const world = (options: Parameters<typeof createSessionWorld>[1] = {}) => createSessionWorld(open, options)

  describe('public apps (APP-11)', () => {
    const app = { public: true, redirectUrls: ['https://app.example/callback'] }

    it('a public app authenticates by PKCE and by the refresh token, and revokes by its key (APP-11)', async () => {
      const w = await world({ app })
      const first = await w.start()
      const second = await w.next(first)
      await expectAlive(w, second)
      await w.grants.authorizer.revokeToken({ key: w.key, token: second.access })
      expect(await w.verify(second.access)).toBe('revoked')
      await w.grants.authorizer.revokeToken({ key: w.key, token: second.refresh })
      await expectDead(w, second)
    })

    it('a public app is refused with any secret or without the right verifier, and nothing is consumed (APP-11)', async () => {
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

    it('reuse of a refresh token or code ends the session of a public app as of any other (APP-11)', async () => {
      const w = await world({ app })
      for (const which of ['refresh', 'code'] as const) {
        const first = await w.start()
        const third = await w.next(await w.next(first))
        expect(await codeOf(which === 'code' ? w.redeem(first.code) : w.refresh(first.refresh))).not.toBe('ok')
        await expectDead(w, third)
      }
    })

    it('a confidential app with its key alone or an empty secret is not treated as public (S26)', async () => {
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
        // A caller that does not authenticate learns nothing of what else is wrong.
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
