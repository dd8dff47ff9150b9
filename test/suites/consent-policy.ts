import { describe, expect, it } from 'vitest'
import type { AppGrantOptions, AppIdentity, ConsentPolicy, ConsentQuestion, Redirect } from '../../src/index.ts'
import { expectAlive } from '../support/session-checks.ts'
import {
  challengeOf,
  codeIn,
  createSessionFixture,
  type OpenStore,
  paramsOf,
  REDIRECT,
  type SessionFixture,
  STATE,
  tokensOf,
  VERIFIER,
} from '../support/session-fixture.ts'

const [API, BILLING] = ['https://api.example', 'https://billing.example']

/** When an account is not asked for consent, on the stores that `open` gives. */
export function testConsentPolicy(open: OpenStore): void {
  async function fixture(policy: ConsentPolicy, app: object = {}, options: Partial<AppGrantOptions> = {}) {
    const asked: [AppIdentity, ConsentQuestion][] = []
    const consent = (...of: [AppIdentity, ConsentQuestion]) => {
      asked.push(of)
      return policy
    }
    const w = await createSessionFixture(open, { options: { consent, ...options }, app })
    const events: unknown[] = []
    w.appgrant.events.on('install', ({ at: _, ...event }) => void events.push(event))
    return { ...w, asked, events }
  }

  /** The request of a browser that navigates. */
  function visit(w: SessionFixture, changed: Parameters<typeof paramsOf>[0] = {}, actor: object = {}) {
    const params = paramsOf({
      client_id: w.key,
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      ...changed,
    })
    return w.appgrant.authorizer.beginAuthorization(params, { account: 'user', isNavigation: true, ...actor })
  }
  const stepOf = async (...of: Parameters<typeof visit>) => (await visit(...of)).step

  describe('consent policy', () => {
    it('an app whose consent is skipped gets a code at once, and is installed for the account (HTTP-2)', async () => {
      const w = await fixture('skip')
      const by = { account: 'user', login: 'anna' }
      const redirect = (await visit(w, { scope: 'read', state: STATE }, by)) as Redirect
      expect(new URL(redirect.location).searchParams.get('state')).toBe(STATE)
      const tokens = tokensOf(await w.exchange(codeIn(redirect)))
      expect(tokens.granted.scope).toEqual(['read'])
      await expectAlive(w, tokens)
      expect(w.asked).toEqual([
        [expect.objectContaining({ key: w.key, owner: 'org' }), { ...by, scope: ['read'], redirectUrl: REDIRECT }],
      ])
      const install = { app: w.key, account: 'user', change: 'approved', consent: 'skipped', by }
      expect(w.events).toEqual([install])
      const { items } = await w.appgrant.installs.list({ account: 'user' })
      expect(items).toMatchObject([{ account: 'user', approvedBy: by, scope: ['read'] }])
    })

    it('without the option, or without a navigation, the account is asked (HTTP-2)', async () => {
      const [asking, skipping] = [await createSessionFixture(open), await fixture('skip')]
      expect(await stepOf(asking)).toBe('consent')
      for (const isNavigation of [false, undefined, 'yes'])
        expect(await stepOf(skipping, {}, { isNavigation })).toBe('consent')
      expect(await stepOf(await fixture('ask'))).toBe('consent')
    })

    it('an approval is remembered for the same scope or less, by that account only (HTTP-2)', async () => {
      const w = await fixture('remember')
      expect(await stepOf(w)).toBe('consent')
      await w.code({ scope: ['read'] })
      const redirect = (await visit(w, { scope: 'read' })) as Redirect
      expect((await w.exchange(codeIn(redirect))).scope).toEqual(['read'])
      expect(w.events.at(-1)).toMatchObject({ change: 'approved', consent: 'remembered' })
      expect(await stepOf(w)).toBe('consent')
      expect(await stepOf(w, { scope: 'read write' })).toBe('consent')
      expect(await stepOf(w, { scope: 'read' }, { account: 'org' })).toBe('consent')
      await w.code()
      for (const scope of ['read write', 'write', undefined]) expect(await stepOf(w, { scope })).toBe('redirect')
    })

    it('an approval is forgotten when it is withdrawn, expires or belongs to another epoch (HTTP-2, ACC-7)', async () => {
      const w = await fixture('remember')
      w.tree.set('user', { epoch: 'first' })
      const end = [
        () => w.appgrant.installs.withdraw({ app: w.key, account: 'user' }),
        () => w.clock.advance(90 * 86_400_000),
        () => w.tree.set('user', { epoch: 'second' }),
      ]
      for (const ended of end) {
        await w.code()
        expect(await stepOf(w)).toBe('redirect')
        await ended()
        expect(await stepOf(w)).toBe('consent')
      }
    })

    it('an approval that is withdrawn while it is remembered does not come back (HTTP-2, REV-3)', async () => {
      const w = await fixture('remember')
      await w.code()
      const storing = w.store.hold('insert')
      const step = stepOf(w)
      await storing.reached
      expect(await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })).toBe(true)
      storing.release()
      expect(await step).toBe('consent')
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
      expect(w.events.at(-1)).toMatchObject({ change: 'withdrawn' })
    })

    it('an approval is not remembered for a resource that was not granted (HTTP-2)', async () => {
      const w = await fixture('remember', {}, { resources: [API, BILLING] })
      await w.code({}, { resource: API })
      expect(await stepOf(w, { resource: API })).toBe('redirect')
      expect(await stepOf(w, { resource: BILLING })).toBe('consent')
      await w.code({}, { resource: BILLING })
      expect(await stepOf(w, { resource: [API, BILLING] })).toBe('redirect')
    })

    it('a public app is let through only to an https redirect (HTTP-2, RFC 8252 §8.6)', async () => {
      const loopback = 'http://127.0.0.1/callback'
      for (const policy of ['skip', 'remember'] as const) {
        const local = 'https://app.localhost:8443/callback'
        const app = { public: true, redirectUrls: [REDIRECT, loopback, local] }
        const w = await fixture(policy, app, { redirects: { loopback: 'public' } })
        await w.code()
        expect(await stepOf(w)).toBe('redirect')
        expect(await stepOf(w, { redirect_uri: loopback })).toBe('consent')
        expect(await stepOf(w, { redirect_uri: 'http://127.0.0.1:8123/callback' })).toBe('consent')
        expect(await stepOf(w, { redirect_uri: local })).toBe('consent')
      }
    })

    it('an app or account that may not act gets no code without a question either (HTTP-2, ACC-2)', async () => {
      const w = await fixture('skip')
      w.tree.set('user', { mayUseApps: false })
      const redirect = (await visit(w)) as Redirect
      expect(new URL(redirect.location).searchParams.get('error')).toBe('access_denied')
      expect(w.asked).toEqual([])
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
    })
  })
}
