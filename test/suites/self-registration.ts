import { describe, expect, it } from 'vitest'
import type { AppGrantEvent, EventMap } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { dpopKey } from '../support/dpop.ts'
import { CLIENT_KEY, LOOPBACK, SELF_REGISTRATION, selfRegistrationFixture } from '../support/self-registration.ts'
import { atOnce, codeIn, ISSUER, MINUTE, type OpenStore } from '../support/session-fixture.ts'

const ATTEMPTS = 50
const OTHER_KEY = 'another key of client ids that only the tests have'
const OTHER_VERIFIER = 'another-verifier-that-is-as-long-as-it-has-to-be'

/**
 * What must hold of programs that register themselves, on the stores that `open` gives.
 *
 * @param appsPerOwner - the limit of apps, up to which the account is filled.
 */
export function testSelfRegistration(open: OpenStore, { appsPerOwner = 3 } = {}): void {
  const fixture = (options?: Parameters<typeof selfRegistrationFixture>[1]) => selfRegistrationFixture(open, options)

  describe('programs that register themselves', () => {
    it('a program becomes an app of the account that approved it when the code is exchanged, and not before (WEB-5)', async () => {
      const w = await fixture()
      const events: AppGrantEvent<keyof EventMap>[] = []
      for (const type of ['app', 'install', 'token'] as const) w.appgrant.events.on(type, (event) => events.push(event))
      expect(w.observed.writes() + w.observed.calls.get).toBe(0)
      const code = await w.code({}, { account: 'user', login: 'alice' })
      expect(w.observed.written.map(({ kind }) => kind)).toEqual(['s', 's'])
      expect(await w.appsOf()).toEqual([])
      expect(events).toEqual([])

      const tokens = await w.exchange(code)
      expect(w.observed.written.map(({ kind }) => kind)).toEqual(['s', 's', 'a', 'i', 'p', 't', 's'])
      const [app] = await w.appsOf()
      expect(await w.appsOf()).toHaveLength(1)
      expect(app).toMatchObject({
        name: 'Agent',
        owner: 'user',
        public: true,
        trusted: false,
        scopes: ['read'],
        redirectUrls: ['http://localhost/callback'],
        origin: { by: 'itself', host: 'localhost', hosts: ['localhost'] },
      })
      expect(app).not.toHaveProperty('homepage')
      expect(app).not.toHaveProperty('adminEmail')
      const by = { account: 'user', login: 'alice' }
      expect(events).toMatchObject([
        { change: 'registered', app: app?.key, by, origin: { by: 'itself' } },
        { change: 'approved', app: app?.key, account: 'user', by },
        { change: 'issued', app: app?.key, account: 'user' },
      ])
      expect(await w.verify(tokens.accessToken)).toBe('ok')
      const next = await w.refresh(tokens.refreshToken)
      expect(await w.verify(next.accessToken)).toBe('ok')
    })

    it('a program that registered for bound tokens alone is an app only once it has a proof, and stays bound (DPOP-5, WEB-5)', async () => {
      const w = await fixture({ dpop: {} })
      const key = await dpopKey()
      const proof = async () => ({ dpopProof: await key.prove({ url: `${ISSUER}/token`, at: w.clock() }) })
      const clientId = w.register({ name: 'Agent', redirectUrls: [LOOPBACK], dpopBoundAccessTokens: true })
      const code = await w.code({ client_id: clientId })
      expect(await codeOf(w.exchange(code, { key: clientId }))).toBe('invalid_dpop_proof')
      expect(await w.appsOf()).toEqual([])
      const tokens = await w.exchange(code, { key: clientId, ...(await proof()) })
      expect(await w.appsOf()).toMatchObject([{ name: 'Agent', dpopBoundAccessTokens: true }])
      const by = { key: clientId, refreshToken: tokens.refreshToken ?? '' }
      expect(await codeOf(w.appgrant.authorizer.refresh(by))).toBe('invalid_dpop_proof')
      expect((await w.appgrant.authorizer.refresh({ ...by, ...(await proof()) })).tokenType).toBe('DPoP')
    })

    it('an approval whose code is not exchanged leaves nothing (WEB-5)', async () => {
      const w = await fixture()
      const code = await w.code()
      w.clock.advance(2 * MINUTE)
      expect(await codeOf(w.exchange(code))).toBe('invalid_code')
      expect(w.observed.written.map(({ kind }) => kind)).toEqual(['s', 's'])
      expect(await w.appsOf()).toEqual([])
    })

    it('a code that leaked before its exchange is revoked by a report, and makes no app (ERR-5, WEB-5)', async () => {
      const w = await fixture()
      const leaks: object[] = []
      w.appgrant.events.on('leak', (event) => leaks.push(event))
      const [leaked, other] = [await w.code(), await w.code({}, { account: 'other-org' })]
      expect(await w.appgrant.authorizer.reportLeak({ token: leaked })).toBe(true)
      expect(leaks).toMatchObject([{ credential: 'code', account: 'user' }])
      expect(await codeOf(w.exchange(leaked))).toBe('invalid_code')
      expect(await w.appsOf()).toEqual([])
      expect(await w.appgrant.authorizer.reportLeak({ token: leaked })).toBe(false)
      expect(await w.verify((await w.exchange(other)).accessToken)).toBe('ok')
    })

    it('a denial of a new program that is repeated gets the same redirect, and leaves nothing (WEB-4, WEB-5)', async () => {
      const w = await fixture()
      const { authorizer } = w.appgrant
      const { ticket, isNew } = await w.consent()
      const denial = { ticket, account: 'user' }
      expect(isNew).toBe(true)
      const { location } = await authorizer.deny(denial)
      expect(location).toMatch(/^http:\/\/localhost:53123\/callback\?error=access_denied&/)
      expect((await authorizer.deny(denial)).location).toBe(location)
      expect(await codeOf(authorizer.approve({ ...denial, scope: ['read'] }))).toBe('invalid_ticket')
      expect(await w.appsOf()).toEqual([])
      w.clock.advance(MINUTE)
      expect(await codeOf(authorizer.deny(denial))).toBe('invalid_ticket')
    })

    it('the second authorization is that of the same app (WEB-5)', async () => {
      const w = await fixture()
      const first = await w.exchange(await w.code())
      const other = { redirect_uri: 'http://localhost:61000/callback' }
      const second = await w.exchange(await w.code(other), { redirectUrl: other.redirect_uri })
      const [app, ...more] = await w.appsOf()
      expect(more).toEqual([])
      await w.appgrant.authorizer.revokeToken({ key: w.clientId, token: first.refreshToken ?? '' })
      expect(await w.verify(first.accessToken)).toBe('revoked')
      expect(await w.verify(second.accessToken)).toBe('ok')
      await w.appgrant.installs.withdraw({ app: app?.key ?? '', account: 'user' })
      expect(await w.verify(second.accessToken)).toBe('revoked')
    })

    it('each account has its own app of a program (WEB-5)', async () => {
      const w = await fixture()
      const [mine, theirs] = [
        await w.exchange(await w.code()),
        await w.exchange(await w.code({}, { account: 'other-org' })),
      ]
      const [app] = await w.appsOf()
      await w.appgrant.as('user').apps.remove(app?.key ?? '')
      expect(await w.verify(mine.accessToken)).toBe('app_removed')
      expect(await w.verify(theirs.accessToken)).toBe('ok')
      expect(await w.appsOf('other-org')).toHaveLength(1)
    })

    it('a wrong verifier, another redirect URL or another program writes nothing, and the right exchange still works (TOK-9, WEB-5)', async () => {
      const w = await fixture()
      const code = await w.code()
      const written = w.observed.writes()
      const other = w.register({ name: 'Other', redirectUrls: [LOOPBACK] })
      expect(await codeOf(w.exchange(code, { codeVerifier: OTHER_VERIFIER }))).toBe('invalid_code')
      expect(await codeOf(w.exchange(code, { redirectUrl: 'http://localhost:1/callback' }))).toBe('invalid_code')
      expect(await codeOf(w.exchange(code, { key: other }))).toBe('invalid_code')
      expect(await codeOf(w.exchange(code, { key: `${w.clientId}x` }))).toBe('app_authentication_failed')
      expect(w.observed.writes()).toBe(written)
      expect(await w.verify((await w.exchange(code)).accessToken)).toBe('ok')
    })

    it(`${ATTEMPTS} exchanges of a code at once make one app (WEB-5, TOK-9)`, async () => {
      const w = await fixture()
      const nodes = [w.appgrant, w.node()]
      const code = await w.code()
      const results = await atOnce(ATTEMPTS, (caller) => w.exchange(code, {}, nodes[caller % 2]))
      const granted = results.filter(({ status }) => status === 'fulfilled')
      expect(granted.length).toBe(1)
      expect(await w.appsOf()).toHaveLength(1)
      expect(await w.appgrant.installs.count({ app: (await w.appsOf())[0]?.key ?? '' })).toBe(1)
    })

    // The writes of the exchange: app, install, index entry, token, session.
    it.each([
      ['insert', 0],
      ['insert', 1],
      ['insert', 2],
      ['insert', 3],
      ['replace', 0],
    ] as const)('an exchange whose %s number %i fails is completed by its repeat (WEB-5)', async (method, at) => {
      for (const when of ['before', 'after'] as const) {
        const w = await fixture()
        const code = await w.code()
        const held = Array.from({ length: at }, () => w.store.hold(method))
        const failing = w.exchange(code)
        const failed = refusalOf(failing)
        for (const hold of held) {
          await hold.reached
          hold.release()
        }
        w.store.fail(method, when)
        expect((await failed).code).toBe(when === 'before' ? 'store_unavailable' : 'outcome_unknown')
        const tokens = await w.exchange(code)
        expect(await w.verify(tokens.accessToken)).toBe('ok')
        expect(await w.appsOf()).toHaveLength(1)
        const [app] = await w.appsOf()
        expect(await w.appgrant.tokens.count({ app: app?.key ?? '', account: 'user' })).toBe(1)
        expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(1)
      }
    })

    it('what was removed or withdrawn between an exchange that failed and its repeat stays so (WEB-5, REV-3)', async () => {
      for (const end of ['remove', 'withdraw', 'revokeTokens'] as const) {
        const w = await fixture()
        const code = await w.code()
        w.store.fail('replace', 'before')
        expect(await codeOf(w.exchange(code))).toBe('store_unavailable')
        const [app] = await w.appsOf()
        const key = app?.key ?? ''
        if (end === 'withdraw') await w.appgrant.installs.withdraw({ app: key, account: 'user' })
        else await w.appgrant.as('user').apps[end](key)
        expect(await codeOf(w.exchange(code)), end).toBe('invalid_code')
        expect((await w.appgrant.installs.list({ account: 'user' })).items.length, end).toBe(
          end === 'revokeTokens' ? 1 : 0,
        )
        expect(await w.appsOf()).toHaveLength(end === 'remove' ? 0 : 1)
      }
    })

    it.each(['withdraw', 'remove'] as const)(
      'an exchange that %s overtakes brings nothing back (WEB-5, REV-3)',
      async (end) => {
        const w = await fixture()
        const other = w.node({ store: w.inner })
        const code = await w.code()
        const held = w.store.hold('insert')
        const late = codeOf(w.exchange(code))
        await held.reached
        const { accessToken } = await w.exchange(code, {}, other)
        const [app] = (await other.as('user').apps.list()).items
        const key = app?.key ?? ''
        if (end === 'withdraw') await other.installs.withdraw({ app: key, account: 'user' })
        else await other.apps.remove(key)
        const written = w.observed.written.length
        held.release()
        expect(await late).toBe('invalid_code')
        // Nothing but the confirmation of what it has found.
        expect(w.observed.written.slice(written).filter(({ kind }) => kind !== 'a')).toEqual([])
        expect(await w.verify(accessToken)).not.toBe('ok')
        expect((await other.installs.list({ account: 'user' })).items).toEqual([])
      },
    )

    it('an account is asked about a program at every request, whatever the option consent says (WEB-5)', async () => {
      const url = 'https://agent.example/callback'
      const w = await fixture({
        consent: () => 'skip',
        selfRegistration: { ...SELF_REGISTRATION, redirects: [url] },
      })
      const client_id = w.register({ name: 'Hosted', redirectUrls: [url] })
      const ask = { client_id, redirect_uri: url }
      for (const isNew of [true, false]) {
        expect(await w.ask(ask, { isNavigation: true })).toMatchObject({ step: 'consent', isNew })
        await codeOf(w.exchange(await w.code(ask), { key: client_id, redirectUrl: url }))
      }
    })

    it('the limit of apps is exact, and named when it is reached at the exchange (APP-6, WEB-5)', async () => {
      const w = await fixture({ appsPerOwner })
      const { apps } = w.appgrant
      for (let n = 1; n < appsPerOwner; n++) await apps.register(exampleApp({ owner: 'user', name: `App ${n}` }))
      const other = w.register({ name: 'Other', redirectUrls: [LOOPBACK] })
      const codes = [
        { key: w.clientId, code: await w.code() },
        { key: other, code: await w.code({ client_id: other }) },
      ]
      const refused: unknown[] = []
      w.appgrant.events.on('refused', ({ code, app }) => refused.push({ code, app }))
      const nodes = [w.appgrant, w.node()]
      nodes[1]?.events.on('refused', ({ code, app }) => refused.push({ code, app }))
      const results = await Promise.all(codes.map(({ key, code }, at) => codeOf(w.exchange(code, { key }, nodes[at]))))
      expect(results.sort()).toEqual(['app_limit_reached', 'ok'])
      expect(refused).toEqual([{ code: 'app_limit_reached', app: undefined }])
      const { items, nextCursor } = await apps.list({ owner: 'user', limit: 1000 })
      expect([items.length, nextCursor]).toEqual([appsPerOwner, undefined])
      const third = w.register({ name: 'Third', redirectUrls: [LOOPBACK] })
      expect(await codeOf(w.ask({ client_id: third }))).toBe('app_limit_reached')
    })

    it('removing the app revokes all it has, and the program may ask again for a new one (WEB-5, E)', async () => {
      const w = await fixture()
      const tokens = await w.exchange(await w.code())
      const [app] = await w.appsOf()
      await w.appgrant.as('user').apps.remove(app?.key ?? '')
      expect(await w.verify(tokens.accessToken)).toBe('app_removed')
      expect(await codeOf(w.refresh(tokens.refreshToken))).toBe('invalid_refresh_token')
      expect(await w.verify((await w.exchange(await w.code())).accessToken)).toBe('ok')
      const [next] = await w.appsOf()
      expect(next?.key).not.toBe(app?.key)
    })

    it('a suspended app keeps the program out of the account until it is resumed (WEB-5)', async () => {
      const w = await fixture()
      const tokens = await w.exchange(await w.code())
      const [app] = await w.appsOf()
      await w.appgrant.as('user').apps.suspend(app?.key ?? '')
      const written = w.observed.writes()
      expect(await codeOf(w.ask())).toBe('app_suspended')
      expect(await codeOf(w.refresh(tokens.refreshToken))).toBe('app_suspended')
      expect(w.observed.writes()).toBe(written)
      await w.appgrant.as('user').apps.resume(app?.key ?? '')
      expect(await w.verify((await w.refresh(tokens.refreshToken)).accessToken)).toBe('ok')
    })

    it('a suspended app keeps out a program that was approved twice: the other code makes no app until it is resumed (WEB-5)', async () => {
      const w = await fixture()
      const [first, second] = [await w.code(), await w.code()]
      const { ticket } = await w.consent()
      await w.exchange(first)
      const [app] = await w.appsOf()
      await w.appgrant.as('user').apps.suspend(app?.key ?? '')
      expect(await codeOf(w.exchange(second))).toBe('app_suspended')
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user', scope: ['read'] }))).toBe(
        'app_suspended',
      )
      expect(await w.appsOf()).toHaveLength(1)
      await w.appgrant.as('user').apps.resume(app?.key ?? '')
      expect(await codeOf(w.exchange(second))).toBe('ok')
    })

    it('a fault of a request is shown on our page until the account has approved the program, and redirected from then on (WEB-4)', async () => {
      const w = await fixture()
      const faults = [
        [{ response_type: 'token' }, 'invalid_request', 'unsupported_response_type'],
        [{ code_challenge_method: 'plain' }, 'invalid_request', 'invalid_request'],
        [{ scope: 'admin' }, 'invalid_scope', 'invalid_scope'],
        [{ resource: 'https://other.example' }, 'invalid_target', 'invalid_target'],
        [{ state: '\u{fffd}' }, 'invalid_request', 'invalid_request'],
      ] as const
      for (const [fault, onPage] of faults) expect(await codeOf(w.ask(fault)), JSON.stringify(fault)).toBe(onPage)
      expect(w.observed.writes()).toBe(0)
      await w.exchange(await w.code())
      for (const [fault, , redirected] of faults) {
        const asked = await w.ask(fault)
        if (asked.step !== 'redirect') throw new Error('expected a redirect')
        expect(new URL(asked.location).searchParams.get('error')).toBe(redirected)
      }
      // The other account has approved nothing.
      expect(await codeOf(w.ask({ response_type: 'token' }, { account: 'other-org' }))).toBe('invalid_request')
      expect(await codeOf(w.ask({ redirect_uri: 'http://localhost:53123/other' }))).toBe('invalid_redirect')
    })

    it('an account that may not register apps cannot approve a program, at any step (ACC-2, WEB-5)', async () => {
      const w = await fixture()
      w.tree.set('org', { mayRegisterApps: false })
      expect(await codeOf(w.ask())).toBe('not_permitted')
      expect(w.observed.writes()).toBe(0)
      w.tree.set('org', { mayRegisterApps: true })
      const { ticket } = await w.consent()
      w.tree.set('org', { mayRegisterApps: false })
      const approve = () => w.appgrant.authorizer.approve({ ticket, account: 'user' })
      expect(await codeOf(approve())).toBe('not_permitted')
      w.tree.set('org', { mayRegisterApps: true })
      const code = codeIn(await approve())
      w.tree.set('org', { mayRegisterApps: false })
      expect(await codeOf(w.exchange(code))).toBe('not_permitted')
      w.tree.set('user', { active: false })
      expect(await codeOf(w.exchange(code))).toBe('account_blocked')
      expect(w.observed.written.map(({ kind }) => kind)).toEqual(['s', 's'])
      w.tree.set('org', { mayRegisterApps: true })
      w.tree.set('user', { active: true })
      const { accessToken } = await w.exchange(code)
      w.tree.set('org', { mayRegisterApps: false })
      expect(await w.verify(accessToken)).toBe('ok')
    })

    it('a provider can keep a program out at once by its hosts (ACC-2, WEB-5)', async () => {
      const w = await fixture()
      const { accessToken } = await w.exchange(await w.code())
      w.tree.set('provider', { mayUseApps: ({ origin }) => !origin?.hosts.includes('localhost') })
      expect(await w.verify(accessToken)).toBe('not_permitted')
      expect(await codeOf(w.ask())).toBe('not_permitted')
    })

    it('the host decides which programs are let in, and for whom (WEB-5)', async () => {
      const asked: unknown[] = []
      let answer: unknown = false
      const admit = (...given: unknown[]) => {
        asked.push(given)
        return answer as boolean
      }
      const w = await fixture({ selfRegistration: { ...SELF_REGISTRATION, admit } })
      expect(await codeOf(w.ask({}, { account: 'user', login: 'alice' }))).toBe('not_permitted')
      expect(asked).toMatchObject([
        [
          { name: 'Agent', hosts: ['localhost'], redirectUrls: ['http://localhost/callback'] },
          { account: 'user', login: 'alice' },
        ],
      ])
      // A promise is not a decision.
      answer = Promise.resolve(true)
      await expect(w.ask()).rejects.toThrow(/selfRegistration.admit/)
      expect(w.observed.writes()).toBe(0)
      answer = true
      expect((await w.ask()).step).toBe('consent')
    })

    it('an app that has registered itself is not known by its key, and not to other accounts (WEB-4, WEB-5)', async () => {
      const w = await fixture()
      await w.exchange(await w.code())
      const [app] = await w.appsOf()
      for (const account of ['user', 'other-org'])
        expect(await codeOf(w.ask({ client_id: app?.key }, { account }))).toBe('app_not_found')
      const consent = await w.consent({}, { account: 'other-org' })
      expect(consent).toMatchObject({ isNew: true, app: { owner: 'other-org' } })
    })

    it('a program that calls itself by a reserved name cannot ask, and what it was granted stays (WEB-8)', async () => {
      const w = await fixture()
      const { accessToken, refreshToken } = await w.exchange(await w.code())
      const strict = w.node({ reservedNames: ['AGENT'] })
      const written = w.observed.writes()
      for (const account of ['user', 'other-org'])
        expect(await codeOf(w.ask({}, { account }, strict))).toBe('not_permitted')
      expect(w.observed.writes()).toBe(written)
      expect(await w.verify(accessToken)).toBe('ok')
      expect(await codeOf(strict.authorizer.refresh({ key: w.clientId, refreshToken: refreshToken ?? '' }))).toBe('ok')
      const error = await refusalOf(
        Promise.resolve().then(() => strict.selfRegistration?.register({ name: 'agent', redirectUrls: [LOOPBACK] })),
      )
      expect(error.details).toMatchObject({ fields: [{ field: 'name', code: 'reserved_name' }] })
    })

    it('the account is told of its other app of the same name, of whatever origin (WEB-8)', async () => {
      const w = await fixture()
      const { apps } = w.appgrant
      expect(await w.consent()).not.toHaveProperty('namesake')
      for (const [owner, name] of [
        ['user', 'Agents'],
        ['user', 'Аgent'],
        ['other-org', 'Agent'],
      ] as const)
        await apps.register(exampleApp({ owner, name }))
      expect(await w.consent()).not.toHaveProperty('namesake')
      const { app: own } = await apps.register(exampleApp({ owner: 'user', name: 'AGENT' }))
      expect(await w.consent()).toMatchObject({ isNew: true, namesake: { key: own.key } })
      await w.exchange(await w.code())
      expect(await w.consent()).toMatchObject({ isNew: false, namesake: { key: own.key } })
      await apps.update(own.key, { name: 'My own' })
      expect(await w.consent()).not.toHaveProperty('namesake')
      const other = w.register({ name: 'agent', homepage: 'https://agent.example/', redirectUrls: [LOOPBACK] })
      expect(await w.consent({ client_id: other })).toMatchObject({
        app: { name: 'agent' },
        namesake: { name: 'Agent', origin: { by: 'itself', host: 'localhost' } },
      })
      w.tree.set('user', { epoch: 'another holder' })
      expect(await w.consent({ client_id: other })).not.toHaveProperty('namesake')
    })

    it('the search for an app of the same name reads one page, however many apps the account has (WEB-8)', async () => {
      const w = await fixture()
      const listed = async () => {
        const before = w.observed.calls.list
        await w.consent()
        return w.observed.calls.list - before
      }
      const one = await listed()
      for (let n = 0; n < 20; n++) await w.appgrant.apps.register(exampleApp({ owner: 'user', name: `App ${n}` }))
      expect(await listed()).toBe(one)
    })

    it('a client id that another key of the ring has signed is the same program (WEB-5)', async () => {
      const w = await fixture()
      const other = w.node({ selfRegistration: { ...SELF_REGISTRATION, keys: [OTHER_KEY, CLIENT_KEY] } })
      const key = other.selfRegistration?.register({ name: 'Agent', redirectUrls: [LOOPBACK] }).clientId ?? ''
      expect(key).not.toBe(w.clientId)
      const code = await w.code()
      expect(await codeOf(w.exchange(code, { key }))).toBe('app_authentication_failed')
      const { refreshToken = '' } = await w.exchange(code, { key }, other)
      expect(await codeOf(other.authorizer.refresh({ key: w.clientId, refreshToken }))).toBe('ok')
      expect(await w.ask({ client_id: key }, {}, other)).toMatchObject({ isNew: false })
    })

    it('a scope that is taken out of selfRegistration.scopes gives nothing at once (WEB-5, ACC-8)', async () => {
      const w = await fixture({ selfRegistration: { ...SELF_REGISTRATION, scopes: ['read', 'write'] } })
      const { accessToken } = await w.exchange(await w.code({ scope: 'read write admin' }))
      const strict = w.node({ selfRegistration: { ...SELF_REGISTRATION, scopes: ['read'] } })
      const scopesOn = async ({ authorizer }: typeof strict) => (await authorizer.verify(accessToken)).scope
      expect(await scopesOn(w.appgrant)).toEqual(['read', 'write'])
      expect(await scopesOn(strict)).toEqual(['read'])
      expect(await scopesOn(w.node({ selfRegistration: undefined }))).toEqual([])
    })
  })
}
