import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AppGrantOptions, createAppGrant, type RegistrationRequest } from '../../src/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { createFixture } from '../support/fixture.ts'
import { SCOPES } from '../support/scopes.ts'
import {
  answerIn,
  atOnce,
  challengeOf,
  ISSUER,
  type OpenStore,
  paramsOf,
  VERIFIER,
} from '../support/session-fixture.ts'

const REDIRECT = 'https://crm.example/callback'
const STATE = 'a state of the CRM'
const APP = {
  client_name: 'CRM',
  client_uri: 'https://crm.example/',
  contacts: 'ops@crm.example',
  redirect_uri: REDIRECT,
  scope: 'read write',
  state: STATE,
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: 'S256',
}
type Asked = Readonly<Record<string, string | readonly string[] | undefined>>
const MINUTE = 60_000

/** Registrations that an app starts in the browser, on the stores that `open` gives. */
export function testBrowserRegistration(open: OpenStore): void {
  async function fixture(options: Partial<AppGrantOptions> = {}) {
    // The clock of a test is not that of a server.
    const { time: _, ...inner } = await open()
    onTestFinished(() => inner.close())
    const settings = { issuer: ISSUER, timeoutMs: 30_000, ...options }
    const w = createFixture(inner, settings)
    const { authorizer, apps } = w.appgrant
    const events: unknown[] = []
    for (const type of ['app', 'install', 'refused'] as const)
      w.appgrant.events.on(type, ({ at: __, ...event }) => void events.push({ type, ...event }))
    const here = {
      begin: (changed: Asked = {}, account = 'user') =>
        authorizer.beginRegistration(paramsOf({ ...APP, ...changed }), { account, login: 'ann' }),
      approve: (ticket: string, changed: object = {}) =>
        authorizer.approveRegistration({ ticket, account: 'user', login: 'ann', ...changed }),
      deny: (ticket: string) => authorizer.denyRegistration({ ticket, account: 'user', login: 'ann' }),
      /** A registration code of a registration that `user` has approved. */
      async code(decision: object = {}, changed: Asked = {}) {
        const { ticket } = await here.begin(changed)
        return answerIn(await here.approve(ticket, decision), REDIRECT).code ?? ''
      },
      exchange: (code: string, changed: object = {}, { authorizer: other } = w.appgrant) =>
        other.exchangeRegistration({ code, codeVerifier: VERIFIER, redirectUrl: REDIRECT, ...changed }),
      owned: async () => (await apps.list({ owner: 'user' })).items,
      node: (more: Partial<AppGrantOptions> = {}) =>
        createAppGrant({ store: inner, directory: w.tree, clock: w.clock, scopes: SCOPES, ...settings, ...more }),
    }
    return { ...w, ...here, events, authorizer }
  }

  describe('registration in the browser', () => {
    it('the account sees the app and its redirect host, and owns it once the code is exchanged (WEB-1, WEB-2)', async () => {
      const w = await fixture()
      const asked = await w.begin({ description: 'Calls in the CRM', phone: '+49 30 123456', api_type: 'unified' })
      expect(asked).toMatchObject({
        step: 'registration',
        account: 'user',
        redirectHost: 'crm.example',
        mayGrant: true,
        scopes: [{ name: 'read' }, { name: 'write' }],
        app: { name: 'CRM', homepage: 'https://crm.example/', description: 'Calls in the CRM', secrets: [] },
      })
      const { code, ...rest } = answerIn(await w.approve(asked.ticket), REDIRECT)
      expect(rest).toEqual({ state: STATE, iss: ISSUER })
      expect(await w.owned()).toEqual([])
      const { app, secret, authorizationCode } = await w.exchange(code ?? '')
      expect(authorizationCode).toBeUndefined()
      expect(await w.owned()).toMatchObject([app])
      expect(app).toMatchObject({
        key: asked.app.key,
        owner: 'user',
        trusted: false,
        public: false,
        published: false,
        adminPhone: '+4930123456',
        apiType: 'unified',
        scopes: ['read', 'write'],
        redirectUrls: [REDIRECT],
        origin: { by: 'browser', host: 'crm.example' },
        secrets: [{ id: expect.any(String) }],
      })
      expect(await w.authorizer.authenticateApp({ key: app.key, secret })).toEqual(app)
      expect(await codeOf(w.authorizer.clientCredentials({ key: app.key, secret }))).toBe('app_not_trusted')
      const by = { account: 'user', login: 'ann' }
      expect(w.events).toMatchObject([{ type: 'app', change: 'registered', app: app.key, by }, { type: 'refused' }])
      expect(await w.appgrant.installs.count({ app: app.key })).toBe(0)
    })

    it('with access granted, an authorization code comes with the secret and is exchanged as any other (WEB-3)', async () => {
      const w = await fixture()
      const code = await w.code({ grant: true, scope: ['read'] })
      const { app, secret, authorizationCode = '' } = await w.exchange(code)
      const input = { key: app.key, secret, code: authorizationCode, redirectUrl: REDIRECT }
      expect(await codeOf(w.authorizer.exchangeCode({ ...input, codeVerifier: 'w'.repeat(43) }))).toBe('invalid_code')
      const tokens = await w.authorizer.exchangeCode({ ...input, codeVerifier: VERIFIER })
      expect(tokens.scope).toEqual(['read'])
      expect(await w.authorizer.verify(tokens.accessToken)).toMatchObject({
        account: 'user',
        app: { key: app.key },
        kind: 'user',
      })
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toMatchObject([{ app: { key: app.key } }])
      await w.authorizer.refresh({ key: app.key, secret, refreshToken: tokens.refreshToken ?? '' })
      expect(w.events.filter((one) => (one as { type: string }).type === 'install')).toMatchObject([
        { change: 'approved', app: app.key, account: 'user', by: { account: 'user', login: 'ann' } },
      ])
    })

    it('access without a scope is access to nothing, and without grant a scope grants nothing (WEB-1)', async () => {
      const w = await fixture()
      const { app, secret, authorizationCode = '' } = await w.exchange(await w.code({ grant: true, scope: [] }))
      const input = { key: app.key, secret, code: authorizationCode, redirectUrl: REDIRECT, codeVerifier: VERIFIER }
      expect((await w.authorizer.exchangeCode(input)).scope).toEqual([])
      const other = await w.exchange(await w.code({ scope: ['read'] }))
      expect(other.authorizationCode).toBeUndefined()
      expect(await codeOf(w.approve((await w.begin()).ticket, { grant: 'yes' }))).toBe('invalid_request')
    })

    it('nothing of an app is stored before its code is exchanged, and what is not exchanged expires (WEB-3)', async () => {
      const w = await fixture()
      const { ticket } = await w.begin()
      await w.approve(ticket)
      await w.deny((await w.begin()).ticket)
      await w.approve((await w.begin()).ticket, { grant: true })
      expect(new Set(w.observed.written.map(({ kind }) => kind))).toEqual(new Set(['s']))
      expect(await w.owned()).toEqual([])
      expect(await w.appgrant.permissions({ owner: 'user' })).toMatchObject({ registerApps: true })
      w.clock.advance(MINUTE)
      const late = answerIn(await w.approve((await w.begin()).ticket), REDIRECT).code ?? ''
      w.clock.advance(MINUTE)
      expect(await codeOf(w.exchange(late))).toBe('invalid_code')
      expect(await w.owned()).toEqual([])
    })

    it('after a denial the app gets access_denied, and again within 30 seconds (WEB-1)', async () => {
      const w = await fixture()
      const { ticket } = await w.begin()
      for (let time = 0; time < 2; time++) {
        const { error_description: _, ...rest } = answerIn(await w.deny(ticket), REDIRECT)
        expect(rest).toEqual({ error: 'access_denied', state: STATE, iss: ISSUER })
      }
      expect(await codeOf(w.approve(ticket))).toBe('invalid_ticket')
    })

    it('the same decision again gets the same code, and another decision or account nothing (WEB-3)', async () => {
      const w = await fixture()
      const { ticket } = await w.begin()
      for (const other of [{ account: 'org' }, { login: 'bob' }, { login: undefined }])
        expect(await codeOf(w.approve(ticket, other))).toBe('invalid_ticket')
      const [one, two] = await atOnce(2, () => w.approve(ticket))
      const first = await w.approve(ticket)
      for (const result of [one, two]) expect(result).toMatchObject({ status: 'fulfilled', value: first })
      expect(answerIn(await w.approve(ticket), REDIRECT)).toEqual(answerIn(first, REDIRECT))
      expect(await codeOf(w.approve(ticket, { grant: true }))).toBe('invalid_ticket')
      expect(await codeOf(w.deny(ticket))).toBe('invalid_ticket')
      await w.exchange(answerIn(first, REDIRECT).code ?? '')
      expect(await codeOf(w.approve(ticket))).toBe('invalid_ticket')
    })

    it('a ticket or code of a registration is none of an authorization, and the other way round (S34)', async () => {
      const w = await fixture()
      const { ticket } = await w.begin()
      for (const decide of [w.authorizer.approve, w.authorizer.deny])
        expect(await codeOf(decide({ ticket, account: 'user', login: 'ann' }))).toBe('invalid_ticket')
      const { app, secret } = await w.exchange(await w.code())
      const params = paramsOf({ ...APP, client_id: app.key, response_type: 'code' })
      const consent = await w.authorizer.beginAuthorization(params, { account: 'user', login: 'ann' })
      if (consent.step !== 'consent') throw new Error('expected a consent request')
      for (const decide of [w.approve, w.deny]) expect(await codeOf(decide(consent.ticket))).toBe('invalid_ticket')
      const code = await w.code({ grant: true })
      const input = { key: app.key, secret, code, redirectUrl: REDIRECT, codeVerifier: VERIFIER }
      expect(await codeOf(w.authorizer.exchangeCode(input))).toBe('invalid_code')
      const { authorizationCode = '' } = await w.exchange(code)
      expect(await codeOf(w.exchange(authorizationCode))).toBe('invalid_code')
    })

    it('with anything wrong a registration code is refused and not used up (WEB-3, TOK-9)', async () => {
      const w = await fixture()
      const code = await w.code()
      const written = w.observed.writes()
      const attempts: readonly [object, string][] = [
        [{ codeVerifier: 'w'.repeat(43) }, 'wrong_verifier'],
        [{ codeVerifier: 'short' }, 'wrong_verifier'],
        [{ redirectUrl: `${REDIRECT}/` }, 'wrong_redirect'],
        [{ redirectUrl: `https://crm.example/${'x'.repeat(5000)}` }, 'wrong_redirect'],
        [{ code: `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}` }, 'unknown'],
      ]
      for (const [wrong, reason] of attempts) {
        expect(await codeOf(w.exchange(code, wrong)), reason).toBe('invalid_code')
        expect(w.events.at(-1)).toMatchObject({ type: 'refused', code: 'invalid_code', reason })
      }
      expect(await codeOf(w.exchange(code, { codeVerifier: undefined }))).toBe('invalid_request')
      expect(w.observed.writes()).toBe(written)
      expect(await codeOf(w.exchange(code))).toBe('ok')
    })

    it('a code that is exchanged again removes an app that was not used yet, and no other (WEB-3, TOK-9)', async () => {
      const w = await fixture()
      const unused = await w.code()
      const { app } = await w.exchange(unused)
      expect(await codeOf(w.exchange(unused, { codeVerifier: 'w'.repeat(43) }))).toBe('invalid_code')
      expect(await w.owned()).toHaveLength(1)
      expect(await codeOf(w.exchange(unused))).toBe('invalid_code')
      expect(await w.owned()).toEqual([])
      expect(w.events).toContainEqual(expect.objectContaining({ type: 'app', change: 'removed', app: app.key }))
      expect(w.events.at(-1)).toMatchObject({ type: 'refused', code: 'invalid_code', reason: 'reused' })
      const used = await w.code({ grant: true })
      const { app: other, secret, authorizationCode: code = '' } = await w.exchange(used)
      const input = { key: other.key, secret, code, redirectUrl: REDIRECT, codeVerifier: VERIFIER }
      const { accessToken } = await w.authorizer.exchangeCode(input)
      expect(await codeOf(w.exchange(used))).toBe('invalid_code')
      expect(await codeOf(w.authorizer.verify(accessToken))).toBe('ok')
    })

    it.each([{}, { grant: true }])('50 exchanges at once give one secret, decided as %j (WEB-3)', async (decision) => {
      const w = await fixture()
      const code = await w.code(decision)
      const nodes = [w.appgrant, w.node()]
      const results = await atOnce(50, (caller) => w.exchange(code, {}, nodes[caller % 2]))
      const done = results.filter((one) => one.status === 'fulfilled')
      expect(done).toHaveLength(1)
      for (const one of results)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'invalid_code' })
      // A late one may have found the code used, and then the app is removed. There is never a second one.
      expect((await w.owned()).length).toBeLessThanOrEqual(1)
    })

    it('an account that may not register apps any more gets none, and the code still works afterwards (ACC-3, ACC-4)', async () => {
      const w = await fixture()
      const codes = [await w.code({}, { api_type: 'system' }), await w.code({}, { api_type: 'system' })]
      for (const [state, refused] of [
        [{ active: false }, 'account_blocked'],
        [{ active: true, mayRegisterApps: false }, 'not_permitted'],
        [{ mayRegisterApps: ['unified'] }, 'not_permitted'],
        [{ mayRegisterApps: true, mayRegisterScopes: ['read'] }, 'not_permitted'],
      ] as const) {
        w.tree.set('user', state)
        expect(await codeOf(w.exchange(codes[0] ?? ''))).toBe(refused)
      }
      w.tree.set('user', { mayRegisterScopes: undefined })
      w.tree.set('provider', { active: false })
      expect(await codeOf(w.exchange(codes[0] ?? ''))).toBe('account_blocked')
      w.tree.set('provider', { active: true })
      expect(await codeOf(w.exchange(codes[0] ?? ''))).toBe('ok')
      w.tree.set('user', { epoch: 'another holder' })
      expect(await codeOf(w.exchange(codes[1] ?? ''))).toBe('invalid_code')
    })

    it('an account that may not register the app is not asked, and cannot approve (ACC-2, ACC-4, ACC-8)', async () => {
      const w = await fixture()
      const { ticket } = await w.begin({ api_type: 'system' })
      for (const [state, refused] of [
        [{ active: false }, 'account_blocked'],
        [{ active: true, mayRegisterApps: false }, 'not_permitted'],
        [{ mayRegisterApps: ['unified'] }, 'not_permitted'],
      ] as const) {
        w.tree.set('user', state)
        expect(await codeOf(w.begin({ api_type: 'system' }))).toBe(refused)
        expect(await codeOf(w.approve(ticket))).toBe(refused)
      }
      w.tree.set('user', { mayRegisterApps: true, mayRegisterScopes: ['read'] })
      const error = await refusalOf(w.begin())
      expect(error.details).toMatchObject({ fields: [{ field: 'scope', code: 'scope_not_permitted' }] })
      w.tree.set('user', { mayUseApps: false, mayRegisterScopes: undefined })
      expect(await w.begin()).toMatchObject({ mayGrant: false })
      expect(await codeOf(w.approve(ticket, { grant: true }))).toBe('not_permitted')
      expect(await codeOf(w.approve(ticket))).toBe('ok')
    })

    it('an app cannot be registered under a reserved name, and another app of its name is told (WEB-8)', async () => {
      const w = await fixture({ reservedNames: ['Platform Support'] })
      const error = await refusalOf(w.begin({ client_name: 'platform  SUPPORT' }))
      expect(error.details).toMatchObject({ fields: [{ field: 'client_name', code: 'reserved_name' }] })
      expect(w.observed.writes()).toBe(0)
      expect(await w.begin()).not.toHaveProperty('namesake')
      const { app } = await w.exchange(await w.code())
      expect(await w.begin({ client_name: 'crm' })).toMatchObject({ namesake: { key: app.key } })
      expect(await w.begin({ client_name: 'crm' }, 'org')).not.toHaveProperty('namesake')
    })

    it('the limit of apps is exact, and an app beyond it gets app_limit_reached (APP-6)', async () => {
      const w = await fixture({ appsPerOwner: 3 })
      await w.exchange(await w.code())
      const codes = await Promise.all(Array.from({ length: 6 }, () => w.code()))
      const results = await Promise.all(codes.map((code) => codeOf(w.exchange(code))))
      expect(results.filter((one) => one === 'ok')).toHaveLength(2)
      expect(results.filter((one) => one === 'app_limit_reached')).toHaveLength(4)
      expect(await w.owned()).toHaveLength(3)
      expect(await codeOf(w.begin())).toBe('app_limit_reached')
    })

    it.each(['replace', 'insert'] as const)(
      'a store that fails at %s leaves no app with a secret that somebody has twice or nobody has (REV-7)',
      async (method) => {
        for (const when of ['before', 'after'] as const) {
          const w = await fixture()
          const code = await w.code()
          w.store.fail(method, when)
          expect(await codeOf(w.exchange(code))).toBe(when === 'before' ? 'store_unavailable' : 'outcome_unknown')
          const repeated = await codeOf(w.exchange(code))
          // Only if nothing was written the code is still good.
          expect(repeated).toBe(method === 'replace' && when === 'before' ? 'ok' : 'invalid_code')
          expect(await w.owned()).toHaveLength(repeated === 'ok' ? 1 : 0)
        }
      },
    )

    it('what an app says of itself is checked as a whole, and named as its parameters (APP-5, WEB-4)', async () => {
      const w = await fixture()
      const written = w.observed.writes()
      const wrong = {
        client_name: 'a\u202eb',
        client_uri: 'ftp://x',
        contacts: '@',
        logo_uri: 'http://x.example/',
        phone: '7',
        redirect_uri: 'http://127.0.0.1/cb',
        scope: 'read nothing',
        api_type: 'A',
      }
      const error = await refusalOf(w.begin(wrong))
      const { fields } = error.details as { readonly fields: readonly { readonly field: string }[] }
      expect(fields.map(({ field }) => field).sort()).toEqual(Object.keys(wrong).sort())
      const missing = { client_name: '', client_uri: undefined, contacts: undefined, redirect_uri: undefined }
      expect((await refusalOf(w.begin(missing))).details).toMatchObject({
        fields: [
          { field: 'client_name', code: 'required' },
          { field: 'client_uri', code: 'required' },
          { field: 'contacts', code: 'required' },
          { field: 'redirect_uri', code: 'redirect_required' },
        ],
      })
      for (const bad of [
        { state: 'x'.repeat(15) },
        { state: undefined },
        { state: `${'x'.repeat(16)}\u{fffd}` },
        { state: 'x'.repeat(4097) },
        { code_challenge: undefined },
        { code_challenge_method: 'plain' },
        { client_name: ['One', 'Two'] },
        { redirect_uri: [REDIRECT, REDIRECT] },
        { description: 'x'.repeat(4097) },
      ] as readonly Asked[])
        expect(await codeOf(w.begin(bad)), JSON.stringify(bad).slice(0, 60)).toBe('invalid_request')
      expect(await codeOf(w.begin({ resource: 'https://other.example' }))).toBe('invalid_target')
      expect(w.observed.writes()).toBe(written)
      expect(await codeOf(w.begin({ state: 'x'.repeat(4096), unknown: 'x' }))).toBe('ok')
    })

    it('a loopback redirect needs the option for all apps, because the app has a secret (APP-3)', async () => {
      const local = { redirect_uri: 'http://127.0.0.1:3000/cb' }
      expect(await codeOf((await fixture({ redirects: { loopback: 'public' } })).begin(local))).toBe('invalid_fields')
      const w = await fixture({ redirects: { loopback: 'all' } })
      const { ticket, redirectHost } = await w.begin(local)
      expect(redirectHost).toBe('127.0.0.1:3000')
      const { code = '' } = answerIn(await w.approve(ticket), local.redirect_uri)
      const taken = w.exchange(code, { redirectUrl: local.redirect_uri }, w.node({ redirects: {} }))
      expect(await codeOf(taken)).toBe('invalid_code')
      expect(await codeOf(w.exchange(code, { redirectUrl: local.redirect_uri }))).toBe('ok')
    })

    it('no stored byte, event or shown result contains a secret, code, ticket or verifier (S46, S51, APP-8)', async () => {
      const w = await fixture()
      const asked: RegistrationRequest = await w.begin()
      const redirect = await w.approve(asked.ticket, { grant: true })
      const code = answerIn(redirect, REDIRECT).code ?? ''
      const registered = await w.exchange(code)
      await codeOf(w.exchange(code))
      const secrets = [asked.ticket, code, registered.secret, registered.authorizationCode ?? '', VERIFIER]
      const shown = [asked, redirect, registered, w.events, await w.owned()]
      const texts = shown.flatMap((one) => [inspect(one, { depth: 9, showHidden: true }), JSON.stringify(one)])
      const stored = w.observed.written.map((record) => JSON.stringify(record))
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(30)
        for (const text of [...texts, ...stored]) expect(text).not.toContain(secret)
      }
    })
  })
}
