import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { fieldOf } from '../support/forged-credentials.ts'
import { createSessionFixture, type OpenStore, VERIFIER } from '../support/session-fixture.ts'

const WAYS = [
  (value: unknown) => inspect(value, { depth: 20, showHidden: true, getters: false }),
  (value: unknown) => JSON.stringify(value) ?? '',
  (value: unknown) => String(value),
  (value: unknown) => JSON.stringify({ ...Object(value) }) ?? '',
  (value: unknown) => inspect(Object.entries(Object(value)), { depth: 20 }),
]

/** What may never be visible, on the stores that `open` gives. */
export function testSecrets(open: OpenStore): void {
  describe('secrets of user authorization', () => {
    it('no stored byte or key contains a secret, token, code, ticket or verifier after a full flow (S46)', async () => {
      const w = await createSessionFixture(open)
      const consent = await w.consent({ state: 'the state' })
      const denied = await w.consent()
      await w.appgrant.authorizer.deny({ ticket: denied.ticket, account: 'user' })
      const code = await w.code()
      const granted = await w.exchange(code)
      const second = await w.refresh(granted.refreshToken ?? '')
      const third = await w.refresh(second.refreshToken ?? '', { scope: ['read'] })
      const [first] = [await w.start()]
      expect(await codeOf(w.exchange(first.code))).toBe('invalid_code')
      await w.appgrant.tokens.remove({ app: w.key, account: 'user', ids: [third.tokenId] })
      await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: second.accessToken })
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      const secrets = [
        VERIFIER,
        w.secret,
        ...[consent.ticket, denied.ticket, code, first.code],
        ...[granted, second, third].flatMap(({ accessToken, refreshToken = '' }) => [accessToken, refreshToken]),
        ...[first.access, first.refresh],
      ]
      const stored = w.observed.written.map((record) => JSON.stringify(record)).join('\n')
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(30)
        expect(stored).not.toContain(secret)
        // Nor the part of the text that proves it.
        for (const name of ['secret', 'tag']) {
          const part = secret.startsWith('ag_') ? fieldOf(secret, name) : ''
          if (part) expect(stored).not.toContain(part)
        }
      }
      // No id of a token reveals the account of an install.
      expect(granted.accessToken).not.toContain('user')
    })

    it('no response, error, cause or event shows a code, token, ticket or secret (S51)', async () => {
      const w = await createSessionFixture(open)
      const shown: unknown[] = []
      for (const type of ['app', 'token', 'install', 'refused', 'outage'] as const)
        w.appgrant.events.on(type, (event) => void shown.push(event))
      const failed = async (call: Promise<unknown>) => {
        try {
          shown.push(await call)
        } catch (error) {
          shown.push(error, error instanceof Error && error.cause)
        }
      }
      const consent = await w.consent()
      const redirect = await w.appgrant.authorizer.approve({ ticket: consent.ticket, account: 'user' })
      const code = new URL(redirect.location).searchParams.get('code') ?? ''
      const granted = await w.exchange(code)
      const { refreshToken = '', accessToken } = granted
      const next = await w.refresh(refreshToken)
      shown.push(consent, redirect, granted, next)
      const secrets = [
        consent.ticket,
        code,
        accessToken,
        refreshToken,
        next.refreshToken ?? '',
        next.accessToken,
        VERIFIER,
        w.secret,
      ]
      await failed(w.appgrant.authorizer.approve({ ticket: consent.ticket, account: 'user' }))
      await failed(w.appgrant.authorizer.deny({ ticket: consent.ticket, account: 'org' }))
      for (const secret of secrets) {
        await failed(w.exchange(secret))
        await failed(w.exchange(code, { codeVerifier: secret }))
        await failed(w.exchange(code, { redirectUrl: secret }))
        await failed(w.refresh(secret, { scope: [secret] }))
        await failed(w.appgrant.authorizer.approve({ ticket: secret, account: 'user', scope: [secret] }))
        await failed(w.appgrant.authorizer.tryVerify(secret))
        await failed(w.appgrant.authorizer.revokeToken({ key: w.key, secret, token: secret }))
        await failed(w.appgrant.installs.list({ account: 'user', cursor: secret }))
        await failed(
          w.appgrant.authorizer.beginAuthorization(new URLSearchParams({ client_id: secret }), { account: 'user' }),
        )
      }
      for (const method of ['get', 'insert', 'replace'] as const)
        for (const when of ['before', 'after'] as const) {
          const { refresh } = await w.start()
          secrets.push(refresh)
          w.store.fail(method, when)
          await failed(w.refresh(refresh))
        }
      for (const value of shown)
        for (const way of WAYS)
          for (const secret of secrets) expect(way(value).includes(secret), `${way(value).slice(0, 300)}`).toBe(false)
    })
  })
}
