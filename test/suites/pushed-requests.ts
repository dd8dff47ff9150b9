import { describe, expect, it } from 'vitest'
import type { AppCredentials, AppGrantOptions, Consent, ImportResult, RequestContext } from '../../src/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { RING_KEY } from '../support/devices.ts'
import { type DpopKey, dpopKey } from '../support/dpop.ts'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import {
  answerIn,
  atOnce,
  challengeOf,
  codeIn,
  createSessionFixture,
  ISSUER,
  MINUTE,
  type OpenStore,
  paramsOf,
  REDIRECT,
  STATE,
  VERIFIER,
} from '../support/session-fixture.ts'

const PUSHED = { keyRing: [RING_KEY], pushedRequests: 'accepted' } as const
const URI = /^urn:ietf:params:oauth:request_uri:[\w-]{60,}$/
type Asked = Readonly<Record<string, string | readonly string[] | undefined>>

/** What must hold of authorization requests that are pushed, on the stores that `open` gives. */
export function testPushedRequests(open: OpenStore): void {
  async function fixture(options: Partial<AppGrantOptions> = {}, app: object = {}) {
    const w = await createSessionFixture(open, { options: { ...PUSHED, ...options }, app })
    const request: Asked = {
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      state: STATE,
    }
    const proof = w.secret === '' ? { key: w.key } : { key: w.key, secret: w.secret }
    const here = {
      push: async (
        changed: Asked = {},
        by: AppCredentials & RequestContext & { readonly dpopProof?: string } = proof,
        node = w.appgrant,
      ) => {
        if (!node.pushedRequests) throw new Error('no request may be pushed')
        return node.pushedRequests.push(paramsOf({ ...request, ...changed }), by)
      },
      uri: async (changed?: Asked) => (await here.push(changed)).requestUri,
      /** What a browser brings to the authorization endpoint. */
      open: (request_uri: string, more: Asked = {}, actor: object = {}, node = w.appgrant) =>
        node.authorizer.beginAuthorization(paramsOf({ client_id: w.key, request_uri, ...more }), {
          account: 'user',
          ...actor,
        }),
    }
    return { ...w, ...here }
  }

  describe('pushed authorization requests', () => {
    it('a request that was pushed leads to the consent, the code and the tokens that it asked for, and pushing stores nothing (PAR-1)', async () => {
      const w = await fixture()
      const before = w.observed.writes()
      const pushed = await w.push({ scope: 'read' })
      expect(pushed).toMatchObject({ expiresInSeconds: 600 })
      expect(pushed.requestUri).toMatch(URI)
      expect(JSON.stringify(pushed)).not.toContain(pushed.requestUri)
      for (let n = 0; n < 100; n++) await w.push()
      expect(w.observed.writes()).toBe(before)
      const asked = (await w.open(pushed.requestUri)) as Consent
      expect(asked).toMatchObject({ step: 'consent', scopes: [{ name: 'read' }], redirectHost: 'app.example' })
      const redirect = await w.appgrant.authorizer.approve({ ticket: asked.ticket, account: 'user' })
      expect(answerIn(redirect)).toMatchObject({ state: STATE, code: expect.any(String) })
      const tokens = await w.exchange(codeIn(redirect))
      expect(tokens.scope).toEqual(['read'])
      expect(await w.verify(tokens.accessToken)).toBe('ok')
    })

    it('a request that is pushed with dpop_jkt binds its code to that key (PAR-1, DPOP-4)', async () => {
      const w = await fixture({ dpop: {} })
      const key = await dpopKey()
      expect(await codeOf(w.push({ dpop_jkt: 'short' }))).toBe('invalid_request')
      const asked = (await w.open(await w.uri({ dpop_jkt: key.jkt }))) as Consent
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket: asked.ticket, account: 'user' }))
      expect(await codeOf(w.exchange(code))).toBe('invalid_dpop_proof')
      const dpopProof = await key.prove({ url: `${ISSUER}/token`, at: w.clock() })
      expect((await w.exchange(code, { dpopProof })).tokenType).toBe('DPoP')
    })

    it('a proof at /par binds the code to its key, and must be by the key of dpop_jkt if both are there (PAR-1, DPOP-4)', async () => {
      const w = await fixture({ dpop: {} })
      const [key, other] = [await dpopKey(), await dpopKey()]
      const proofOf = (by: DpopKey, path: string) => by.prove({ url: ISSUER + path, at: w.clock() })
      const by = { key: w.key, secret: w.secret }
      const forToken = { ...by, dpopProof: await proofOf(key, '/token') }
      expect(await codeOf(w.push({}, forToken))).toBe('invalid_dpop_proof')
      const byOther = { ...by, dpopProof: await proofOf(other, '/par') }
      expect(await codeOf(w.push({ dpop_jkt: key.jkt }, byOther))).toBe('invalid_dpop_proof')
      const { requestUri } = await w.push({}, { ...by, dpopProof: await proofOf(key, '/par') })
      const asked = (await w.open(requestUri)) as Consent
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket: asked.ticket, account: 'user' }))
      expect(await codeOf(w.exchange(code, { dpopProof: await proofOf(other, '/token') }))).toBe('invalid_dpop_proof')
      expect((await w.exchange(code, { dpopProof: await proofOf(key, '/token') })).tokenType).toBe('DPoP')
    })

    it('nothing in the browser changes a request that was pushed (PAR-1, RFC 9126 §4)', async () => {
      const w = await fixture()
      const more = { scope: 'write', redirect_uri: 'https://evil.example/', state: 'other', code_challenge: 'x' }
      const asked = (await w.open(await w.uri({ scope: 'read' }), more)) as Consent
      expect(asked.scopes.map(({ name }) => name)).toEqual(['read'])
      const { location } = await w.appgrant.authorizer.deny({ ticket: asked.ticket, account: 'user' })
      expect(location.startsWith(REDIRECT)).toBe(true)
      expect(new URL(location).searchParams.get('state')).toBe(STATE)
    })

    it('a request of an imported app can be opened with both of its client ids, whichever has pushed it (PAR-2, APP-10)', async () => {
      const w = await fixture()
      const imported = { key: 'their-key', owner: 'org', name: 'Imported', homepage: 'https://their.example/' }
      const results: ImportResult[] = []
      await w.appgrant.apps.import(
        [{ ...imported, adminEmail: 'ops@their.example', redirectUrls: [REDIRECT], public: true }],
        { onResult: (result) => void results.push(result) },
      )
      const ids = ['their-key', results[0]?.app ?? '']
      for (const pushing of ids)
        for (const client_id of ids) {
          const { requestUri } = await w.push({}, { key: pushing })
          expect(await w.open(requestUri, { client_id })).toMatchObject({ app: { importedKey: 'their-key' } })
          expect(await codeOf(w.open(requestUri))).toBe('invalid_request')
        }
    })

    it('a request URI of another app, changed, expired, made up or sealed for another purpose stays on the page (PAR-2, S01)', async () => {
      const w = await fixture()
      const uri = await w.uri()
      const other = await w.registerTrusted({ redirectUrls: [REDIRECT] })
      const flipped = `${uri.slice(0, 60)}${uri[60] === 'A' ? 'B' : 'A'}${uri.slice(61)}`
      expect(await codeOf(w.open(uri, { client_id: other.app.key }))).toBe('invalid_request')
      expect(await codeOf(w.open(uri, { client_id: undefined }))).toBe('invalid_request')
      for (const wrong of [flipped, uri.slice(0, -1), `${uri}A`, 'urn:ietf:params:oauth:request_uri:', `${uri} ${uri}`])
        expect(await codeOf(w.open(wrong))).toBe('invalid_request')
      expect(await codeOf(w.open(uri, {}, {}, w.node({ keyRing: ['a ring without the key that sealed it'] })))).toBe(
        'invalid_request',
      )
      w.clock.advance(10 * MINUTE)
      expect(await codeOf(w.open(uri))).toBe('invalid_request')
      expect(
        await codeOf(w.appgrant.authorizer.checkAuthorization(paramsOf({ client_id: w.key, request_uri: uri }))),
      ).toBe('invalid_request')
    })

    it('a request URI that is not of this server is refused as before, and nothing is fetched (HTTP-2, S09)', async () => {
      const w = await fixture()
      const redirect = await w.ask({ request_uri: 'https://evil.example/request' })
      expect(answerIn(redirect)).toMatchObject({ error: 'request_uri_not_supported' })
      const off = w.node({ pushedRequests: undefined })
      expect(off.pushedRequests).toBeUndefined()
      expect(await codeOf(w.open(await w.uri(), {}, {}, off))).toBe('invalid_redirect')
    })

    it('a request leads to one decision: a reload by the same login gets a new ticket, and nobody gets a second one after it (PAR-3)', async () => {
      const w = await fixture()
      const uri = await w.uri()
      const first = (await w.open(uri)) as Consent
      const second = (await w.open(uri, {}, {}, w.node())) as Consent
      expect(await codeOf(w.open(uri, {}, { account: 'other-org' }))).toBe('invalid_request')
      expect(await codeOf(w.open(uri, {}, { login: 'bob' }))).toBe('invalid_request')
      const decide = (ticket: string) => w.appgrant.authorizer.approve({ ticket, account: 'user' })
      expect(await codeOf(decide(first.ticket))).toBe('invalid_ticket')
      const code = codeIn(await decide(second.ticket))
      expect(await codeOf(w.open(uri))).toBe('invalid_request')
      expect(await w.verify((await w.exchange(code)).accessToken)).toBe('ok')
      expect(await codeOf(w.open(uri))).toBe('invalid_request')
      const denied = await w.uri()
      const { ticket } = (await w.open(denied)) as Consent
      await w.appgrant.authorizer.deny({ ticket, account: 'user' })
      expect(await codeOf(w.open(denied))).toBe('invalid_request')
    })

    it('what remembers the decision is not dropped before the request URI has expired (PAR-3)', async () => {
      const ends: readonly ((w: Awaited<ReturnType<typeof fixture>>, ticket: string) => Promise<unknown>)[] = [
        (w, ticket) => w.appgrant.authorizer.deny({ ticket, account: 'user' }),
        (w, ticket) => w.appgrant.authorizer.approve({ ticket, account: 'user' }),
        async (w, ticket) => w.exchange(codeIn(await w.appgrant.authorizer.approve({ ticket, account: 'user' }))),
        async (w, ticket) => {
          await w.appgrant.authorizer.approve({ ticket, account: 'user' })
          await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
        },
      ]
      for (const end of ends) {
        const w = await fixture({ lifetimes: { codeSeconds: 10, accessTokenSeconds: 60, refreshIdleSeconds: 60 } })
        const uri = await w.uri()
        const expiresAt = w.clock() + 10 * MINUTE
        const { ticket } = (await w.open(uri)) as Consent
        await end(w, ticket)
        const sessions = w.observed.written.filter(({ kind }) => kind === 's')
        expect(sessions.length).toBeGreaterThan(1)
        for (const session of sessions) expect(session.expiresAt).toBeGreaterThanOrEqual(expiresAt)
        w.clock.advance(10 * MINUTE - 1000)
        expect(await codeOf(w.open(uri))).toBe('invalid_request')
      }
    })

    it('the session of a pushed request ends as any other, though its record is kept (TOK-2, PAR-3)', async () => {
      const w = await fixture({
        lifetimes: { codeSeconds: 10, accessTokenSeconds: 60, refreshIdleSeconds: 60, refreshAbsoluteSeconds: 90 },
      })
      const { ticket } = (await w.open(await w.uri())) as Consent
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket, account: 'user' }))
      const first = await w.exchange(code)
      w.clock.advance(59_000)
      const second = await w.refresh(first.refreshToken ?? '')
      w.clock.advance(30_000)
      expect(await codeOf(w.refresh(second.refreshToken ?? ''))).toBe('ok')
      w.clock.advance(1000)
      const changes: string[] = []
      w.appgrant.events.on('token', ({ change }) => void changes.push(change))
      // Within the grace period of the last refresh.
      expect(await codeOf(w.refresh(second.refreshToken ?? ''))).toBe('invalid_refresh_token')
      await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: second.refreshToken ?? '' })
      expect(changes).toEqual([])
    })

    it('of pages that are opened at once with one request URI, one ticket decides (PAR-3)', async () => {
      const w = await fixture()
      const uri = await w.uri()
      const pages = await atOnce(6, () => w.open(uri, {}, {}, w.node()))
      const tickets = pages.flatMap((page) => (page.status === 'fulfilled' ? [(page.value as Consent).ticket] : []))
      const decided = await Promise.all(
        tickets.map((ticket) => codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))),
      )
      expect(decided.filter((one) => one === 'ok')).toHaveLength(1)
    })

    it('what would be refused in the browser is refused when it is pushed, and the app must authenticate (PAR-1, ERR-1)', async () => {
      const w = await fixture()
      const by = { key: w.key, secret: w.secret }
      const REFUSED: readonly (readonly [Asked, string])[] = [
        [{ redirect_uri: 'https://evil.example/' }, 'invalid_redirect'],
        [{ redirect_uri: undefined }, 'invalid_redirect'],
        [{ response_type: 'token' }, 'invalid_request'],
        [{ code_challenge: undefined }, 'invalid_request'],
        [{ code_challenge_method: 'plain' }, 'invalid_request'],
        [{ scope: 'unheard-of' }, 'invalid_scope'],
        [{ resource: 'https://elsewhere.example/' }, 'invalid_target'],
        [{ max_age: 'soon' }, 'invalid_request'],
        [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
        [{ request: 'a.b.c' }, 'invalid_request'],
        [{ state: ['a', 'b'] }, 'invalid_request'],
        [{ state: 's'.repeat(4000) }, 'invalid_request'],
      ]
      for (const [changed, code] of REFUSED) expect(await codeOf(w.push(changed)), JSON.stringify(changed)).toBe(code)
      expect(await codeOf(w.push({}, { key: w.key }))).toBe('app_authentication_failed')
      expect(await codeOf(w.push({}, { ...by, secret: 'wrong' }))).toBe('app_authentication_failed')
      w.tree.set('org', { active: false })
      expect(await codeOf(w.push())).toBe('account_blocked')
      w.tree.set('org', { active: true })
      await w.appgrant.apps.suspend(w.key)
      expect(await codeOf(w.push())).toBe('app_suspended')
    })

    it('a request that was pushed is judged again when it is opened, by what is true then (REV-1, ACC-3)', async () => {
      const w = await fixture()
      const uri = await w.uri()
      await w.appgrant.apps.suspend(w.key)
      expect(await codeOf(w.open(uri))).toBe('app_suspended')
      await w.appgrant.apps.resume(w.key)
      await w.appgrant.apps.update(w.key, { redirectUrls: ['https://app.example/new'] })
      expect(await codeOf(w.open(uri))).toBe('invalid_redirect')
      await w.appgrant.apps.remove(w.key)
      expect(await codeOf(w.open(uri))).toBe('app_not_found')
    })

    it('if requests must be pushed, one in the browser stays on the page (PAR-4)', async () => {
      const w = await fixture({ pushedRequests: 'required' })
      expect(w.appgrant.pushedRequests?.areRequired).toBe(true)
      expect((await refusalOf(w.ask())).code).toBe('invalid_request')
      expect(await codeOf(w.ask({ request_uri: 'https://app.example/request' }))).toBe('invalid_request')
      expect(await w.open(await w.uri())).toMatchObject({ step: 'consent' })
    })

    it('a public app and a program that registers itself push without authentication, and write nothing (PAR-1, ERR-5)', async () => {
      const w = await fixture({ selfRegistration: SELF_REGISTRATION }, { public: true })
      expect(await w.open(await w.uri())).toMatchObject({ step: 'consent' })
      const description = { name: 'Agent', redirectUrls: [LOOPBACK] }
      const key = w.appgrant.selfRegistration?.register(description).clientId ?? ''
      const before = { reads: w.observed.calls.get, writes: w.observed.writes() }
      const { requestUri } = await w.push({ redirect_uri: LOOPBACK, scope: undefined }, { key })
      expect(await codeOf(w.push({ redirect_uri: 'https://evil.example/' }, { key }))).toBe('invalid_redirect')
      expect({ reads: w.observed.calls.get, writes: w.observed.writes() }).toEqual(before)
      expect(await codeOf(w.open(requestUri))).toBe('invalid_request')
      const first = (await w.open(requestUri, { client_id: key })) as Consent
      expect(first).toMatchObject({ isNew: true, app: { name: 'Agent' } })
      const { ticket } = (await w.open(requestUri, { client_id: key })) as Consent
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket: first.ticket, account: 'user' }))).toBe(
        'invalid_ticket',
      )
      const redirect = await w.appgrant.authorizer.approve({ ticket, account: 'user' })
      const input = { key, secret: undefined, redirectUrl: LOOPBACK }
      expect(await w.verify((await w.exchange(codeIn(redirect), input)).accessToken)).toBe('ok')
    })

    it('nothing that is stored shows a request URI (S46)', async () => {
      const w = await fixture()
      const uri = await w.uri()
      await w.open(uri)
      expect(JSON.stringify(w.observed.written)).not.toContain(uri.slice(-40))
    })
  })
}
