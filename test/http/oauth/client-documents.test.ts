import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { FetchDocument, Store } from '../../../src/index.ts'
import { CHALLENGE, expectPage, ticketIn, VERIFIER } from '../../support/http-authorization.ts'
import { httpFixture, ISSUER, jsonOf } from '../../support/http-fixture.ts'

const URL_OF_APP = 'https://app.example/client.json'
const REDIRECT = 'http://localhost:53123/callback'
const DOCUMENT = { client_id: URL_OF_APP, client_name: 'Assistant', redirect_uris: ['http://localhost/callback'] }
const BOTH = 'calls:read calls:write'

type Changes = Readonly<Record<string, string>>

/** A platform that takes the URLs of documents as client ids, and a program that publishes one. */
function platform(store?: Store) {
  const program = { document: DOCUMENT as Record<string, unknown>, status: 200, fetched: [] as string[] }
  const browser = { account: 'user-1' as string | undefined }
  const fetchDocument: FetchDocument = async (url) => {
    program.fetched.push(url)
    const body = Buffer.from(JSON.stringify({ ...program.document, ...(url !== URL_OF_APP && { client_id: url }) }))
    return { status: program.status, headers: new Headers({ 'content-type': 'application/json' }), body }
  }
  const here = httpFixture({
    selfRegistration: { keys: ['k'.repeat(32)], scopes: ['calls:read', 'calls:write'], fetchDocument },
    ...(store && { store }),
    signIn: async () => (browser.account ? { account: browser.account } : Response.redirect(`${ISSUER}/sign-in`, 303)),
  })
  const params = (changed: Changes) =>
    new URLSearchParams({
      ...{ response_type: 'code', client_id: URL_OF_APP, redirect_uri: REDIRECT, scope: BOTH, state: 'xyz' },
      ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256', ...changed },
    })
  const authorize = (changed: Changes = {}) => here.send(`/authorize?${params(changed)}`)
  const code = async (changed: Changes = {}) => {
    const ticket = ticketIn(await (await authorize(changed)).text())
    const form = new URLSearchParams({ ticket, decision: 'approve', scope: BOTH })
    const headers = { 'sec-fetch-site': 'same-origin' }
    const response = await here.send('/authorize/decision', { method: 'POST', body: form, headers })
    return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
  }
  const exchange = (given: string, changed: Changes = {}) =>
    here.post('/token', {
      ...{ grant_type: 'authorization_code', code: given, code_verifier: VERIFIER },
      ...{ redirect_uri: REDIRECT, client_id: URL_OF_APP, ...changed },
    })
  const refresh = (token: unknown, changed: Changes = {}) =>
    here.post('/token', {
      grant_type: 'refresh_token',
      refresh_token: String(token),
      client_id: URL_OF_APP,
      ...changed,
    })
  const tokens = async () => jsonOf(await exchange(await code()))
  const appsOf = async (account: string) => (await here.appgrant.as(account).apps.list()).items
  return { ...here, program, browser, authorize, code, exchange, refresh, tokens, appsOf }
}

describe('an authorization request with the URL of a document as client_id (WEB-6)', () => {
  it('asks for consent, and shows the host of the document before the name', async () => {
    const { authorize, program, counts } = platform()
    const response = await authorize()
    expect(response.status).toBe(200)
    const page = await response.text()
    expect(page.indexOf('<bdi>app.example</bdi>')).toBeGreaterThan(0)
    expect(page.indexOf('<bdi>app.example</bdi>')).toBeLessThan(page.indexOf('<bdi>Assistant</bdi>'))
    expect(page).not.toMatch(/<(title|button)[^>]*>[^<]*Assistant/)
    expect(program.fetched).toEqual([URL_OF_APP])
    expect({ inserts: counts.insert, replaces: counts.replace }).toEqual({ inserts: 1, replaces: 0 })
  })

  it('that nobody is signed in for leads to the sign-in without a fetch, a read and a write', async () => {
    const { authorize, program, browser, counts } = platform()
    browser.account = undefined
    const response = await authorize()
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({
      status: 303,
      location: `${ISSUER}/sign-in`,
    })
    expect(program.fetched).toEqual([])
    expect(Object.values(counts)).toEqual([0, 0, 0, 0, 0])
  })

  it('is judged before the sign-in if the document is known', async () => {
    const { authorize, program, browser } = platform()
    await authorize()
    browser.account = undefined
    expectPage(await authorize({ redirect_uri: 'http://localhost/other' }), 400)
    expect((await authorize()).status).toBe(303)
    expect(program.fetched).toHaveLength(1)
  })

  it.each([
    ['a redirect URL that is not in the document', { redirect_uri: 'http://localhost:53123/other' }],
    ['a URL that is not canonical', { client_id: 'https://app.example/a/../client.json' }],
    ['a URL with a query', { client_id: `${URL_OF_APP}?name=Claude` }],
    ['http', { client_id: 'http://app.example/client.json' }],
    ['an error that would be for the app', { response_type: 'token' }],
    ['a scope that no app may have', { scope: 'evil' }],
  ])('with %s stays on our page, and stores nothing', async (_, changed: Changes) => {
    const { authorize, counts } = platform()
    expectPage(await authorize(changed), 400)
    expect(counts.insert).toBe(0)
  })

  it.each([
    ['is gone', { status: 404 }],
    ['has a secret', { document: { ...DOCUMENT, client_secret: 'x' } }],
    ['has another client_id', { document: { ...DOCUMENT, client_id: 'https://other.example/' } }],
  ])('whose document %s stays on our page, and stores nothing', async (_, changed) => {
    const { authorize, program, counts } = platform()
    Object.assign(program, changed)
    expectPage(await authorize(), 400)
    expect(counts.insert).toBe(0)
    expectPage(await authorize(), 503)
    expect(program.fetched).toHaveLength(1)
  })

  it('beyond what may be fetched is a page with 503 and Retry-After', async () => {
    const { authorize, browser } = platform()
    for (let at = 0; at < 30; at++) {
      browser.account = `user-${at % 2}`
      await authorize({ client_id: `https://app.example/${at}` })
    }
    const response = await authorize({ client_id: 'https://app.example/30' })
    expectPage(response, 503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50)
    expect((await authorize({ client_id: 'https://other.example/' })).status).toBe(200)
  })

  it('never has another URL fetched, whatever the document names', async () => {
    const { authorize, program } = platform()
    const urls = {
      logo_uri: 'https://logo.example/',
      tos_uri: 'https://tos.example/',
      policy_uri: 'https://p.example/',
    }
    program.document = { ...DOCUMENT, ...urls, client_uri: 'https://home.example/', jwks_uri: 'https://keys.example/' }
    const page = await (await authorize()).text()
    expect(program.fetched).toEqual([URL_OF_APP])
    expect(page).not.toMatch(/logo\.example|tos\.example|keys\.example/)
  })

  it('is for no app if the host does not fetch documents', async () => {
    const { send } = httpFixture({
      selfRegistration: { keys: ['k'.repeat(32)], scopes: ['calls:read'] },
      signIn: async () => ({ account: 'user-1' }),
    })
    expectPage(await send(`/authorize?${new URLSearchParams({ client_id: URL_OF_APP, redirect_uri: REDIRECT })}`), 400)
    const metadata = await jsonOf(await send('/.well-known/oauth-authorization-server'))
    expect(metadata).not.toHaveProperty('client_id_metadata_document_supported')
  })

  it('is offered in the metadata if it does', async () => {
    const metadata = await jsonOf(await platform().send('/.well-known/oauth-authorization-server'))
    expect(metadata.client_id_metadata_document_supported).toBe(true)
  })
})

describe('the app that comes of a document (WEB-6)', () => {
  it('belongs to the account, with what the document says, and nothing is fetched when it uses its credentials', async () => {
    const { code, exchange, refresh, program, appsOf, appgrant } = platform()
    const given = await code()
    expect(await appsOf('user-1')).toEqual([])
    program.status = 404
    const { access_token, refresh_token } = await jsonOf(await exchange(given))
    expect((await appgrant.authorizer.tryVerify(String(access_token))).ok).toBe(true)
    expect((await refresh(refresh_token)).status).toBe(200)
    expect(program.fetched).toEqual([URL_OF_APP])
    expect(await appsOf('user-1')).toMatchObject([
      {
        name: 'Assistant',
        homepage: 'https://app.example/',
        redirectUrls: ['http://localhost/callback'],
        public: true,
        trusted: false,
        origin: { by: 'itself', host: 'app.example', publisher: 'app.example', hosts: ['app.example', 'localhost'] },
      },
    ])
  })

  it('is found by no other client_id', async () => {
    const { code, exchange, refresh } = platform()
    const given = await code()
    for (const client_id of ['https://app.example/client.json/', 'https://other.example/', `${URL_OF_APP}#`])
      expect(await jsonOf(await exchange(given, { client_id }))).toMatchObject({ error: 'invalid_grant' })
    const { refresh_token } = await jsonOf(await exchange(given))
    expect(await jsonOf(await refresh(refresh_token, { client_id: 'https://other.example/' }))).toMatchObject({
      error: 'invalid_grant',
    })
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  it('is another one for each account, and revoking one leaves the other', async () => {
    const { tokens, browser, appsOf, appgrant, refresh } = platform()
    const one = await tokens()
    browser.account = 'user-2'
    const other = await tokens()
    const [[first], [second]] = [await appsOf('user-1'), await appsOf('user-2')]
    expect(first?.key).not.toBe(second?.key)
    await appgrant.as('user-1').apps.remove(first?.key ?? '')
    expect(await jsonOf(await refresh(one.refresh_token))).toMatchObject({ error: 'invalid_grant' })
    expect((await refresh(other.refresh_token)).status).toBe(200)
  })

  it('is the same at the next request, also if it was suspended', async () => {
    const { tokens, authorize, appsOf, appgrant } = platform()
    await tokens()
    await tokens()
    const [app, ...more] = await appsOf('user-1')
    expect(more).toEqual([])
    await appgrant.apps.suspend(app?.key ?? '')
    expectPage(await authorize(), 400)
  })

  it('needs no document while its sessions go on, and one for a new request', async () => {
    const { tokens, authorize, refresh, program, appgrant } = platform()
    const { refresh_token, access_token } = await tokens()
    program.status = 404
    expect((await refresh(refresh_token)).status).toBe(200)
    expect((await appgrant.authorizer.tryVerify(String(access_token))).ok).toBe(true)
    expect((await authorize()).status).toBe(200)
    expect(program.fetched).toHaveLength(1)
  })
})

describe('a page of a program that publishes a document (HTTP-6)', () => {
  const PAGE = 'http://localhost:5173'
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin')

  it('may read what /token and /revoke respond to its code and its tokens, and no other page may', async () => {
    const { code, post, program } = platform()
    const given = await code()
    const client = { client_id: URL_OF_APP }
    const exchange = { ...client, grant_type: 'authorization_code', code: given, redirect_uri: REDIRECT }
    const wrong = await post('/token', { ...exchange, code_verifier: 'w'.repeat(43) }, { origin: PAGE })
    expect([wrong.status, allowed(wrong)]).toEqual([400, PAGE])
    const response = await post('/token', { ...exchange, code_verifier: VERIFIER }, { origin: PAGE })
    expect([response.status, allowed(response), response.headers.get('vary')]).toEqual([200, PAGE, 'Origin'])

    const { refresh_token } = await jsonOf(response)
    const refresh = { ...client, grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    const elsewhere = await post('/token', { ...refresh, refresh_token: `${refresh_token}x` }, { origin: PAGE })
    expect([elsewhere.status, allowed(elsewhere)]).toEqual([400, null])
    const refreshed = await post('/token', refresh, { origin: PAGE })
    expect([refreshed.status, allowed(refreshed)]).toEqual([200, PAGE])
    const { refresh_token: next, access_token } = await jsonOf(refreshed)

    for (const token of [String(access_token), String(next)]) {
      for (const origin of ['https://app.example', 'https://localhost', 'null', 'http://evil.example'])
        expect(allowed(await post('/revoke', { ...client, token: 'x' }, { origin })), origin).toBe(null)
      const other = await post('/revoke', { client_id: 'https://other.example/', token }, { origin: PAGE })
      expect(allowed(other)).toBe(null)
      expect(allowed(await post('/revoke', { ...client, token }, { origin: 'https://app.example' }))).toBe(null)
      expect(allowed(await post('/revoke', { ...client, token }, { origin: PAGE }))).toBe(PAGE)
    }
    expect(program.fetched).toEqual([URL_OF_APP])
  })
})

describe('a document that changes (WEB-6)', () => {
  /** Another node, which has not seen the document before. */
  async function changed(document: Record<string, unknown>) {
    const store = memoryStore()
    const [first, second] = [platform(store), platform(store)]
    const { refresh_token } = await jsonOf(await first.exchange(await first.code()))
    const pending = await first.code()
    second.program.document = { ...DOCUMENT, ...document }
    return { first, second, refresh_token, pending }
  }

  it('takes its redirect URLs from the app: a code that is bound to one of them is revoked, sessions go on', async () => {
    const { first, second, refresh_token, pending } = await changed({ redirect_uris: ['http://127.0.0.1/new'] })
    const page = await (await second.authorize({ redirect_uri: 'http://127.0.0.1:1/new' })).text()
    expect(page).toContain('has changed since you allowed it')
    expect(await jsonOf(await first.exchange(pending))).toMatchObject({ error: 'invalid_grant' })
    expect((await first.refresh(refresh_token)).status).toBe(200)
    expectPage(await second.authorize(), 400)
    expect(await second.appsOf('user-1')).toMatchObject([{ redirectUrls: ['http://127.0.0.1/new'] }])
  })

  it('gives the app another name, and the page says which it had', async () => {
    const { first, second, pending } = await changed({ client_name: 'Helper' })
    const page = await (await second.authorize()).text()
    expect(page).toContain('it called itself “<bdi>Assistant</bdi>”')
    expect(page).toContain('<bdi>Helper</bdi>')
    expect((await first.exchange(pending)).status).toBe(200)
    expect(await second.appsOf('user-1')).toMatchObject([{ name: 'Helper' }])
    expect(await (await second.authorize()).text()).not.toContain('Assistant')
  })

  it('limits the app to tokens that are bound to a key, without a word to people, who see nothing else (DPOP-5)', async () => {
    const { first, second, refresh_token, pending } = await changed({ dpop_bound_access_tokens: true })
    expect(await (await second.authorize()).text()).not.toContain('has changed since')
    expect(await second.appsOf('user-1')).toMatchObject([{ dpopBoundAccessTokens: true }])
    expect(await jsonOf(await first.exchange(pending))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await jsonOf(await first.refresh(refresh_token))).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it('changes nothing of an app that is suspended, so that it is found under its name', async () => {
    const { first, second } = await changed({ client_name: 'Helper' })
    const [app] = await first.appsOf('user-1')
    await first.appgrant.apps.suspend(app?.key ?? '')
    expectPage(await second.authorize(), 400)
    expect(await second.appsOf('user-1')).toMatchObject([{ name: 'Assistant' }])
  })
})
