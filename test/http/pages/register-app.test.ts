import { describe, expect, it } from 'vitest'
import type { HandlerOptions } from '../../../src/http/index.ts'
import type { AppGrantOptions } from '../../../src/options.ts'
import { answerIn, CHALLENGE, expectPage, REDIRECT, ticketIn, VERIFIER } from '../../support/http-authorization.ts'
import { httpFixture, ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'
import { REFUSED_NAMES, RESERVED_NAME, SPOOFED_NAMES } from '../../support/spoofed-names.ts'

const APP = {
  client_name: 'CRM',
  client_uri: 'https://crm.example/',
  contacts: 'ops@crm.example',
  redirect_uri: REDIRECT,
  scope: 'calls:read calls:write',
  state: 'a state of the CRM',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

function fixture(options: Partial<AppGrantOptions> & HandlerOptions = {}) {
  const session: { who: { account: string; login?: string } | undefined } = { who: { account: 'user-1', login: 'ann' } }
  const here = httpFixture({
    signIn: async () => session.who ?? Response.redirect(`${ISSUER}/sign-in`, 302),
    browserRegistration: true,
    ...options,
  })
  const ask = (changed: Record<string, string> = {}, init: RequestInit = {}) =>
    here.send(`/register-app?${new URLSearchParams({ ...APP, ...changed })}`, init)
  const decide = (form: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
    here.send('/register-app/decision', {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
    })
  const exchange = (code: string, changed: Record<string, string> = {}) =>
    here.post('/register-app/token', { code, code_verifier: VERIFIER, redirect_uri: REDIRECT, ...changed })
  const code = async (form: Record<string, string> = {}) => {
    const ticket = ticketIn(await (await ask()).text())
    return answerIn(await decide({ ticket, decision: 'register', ...form })).get('code') ?? ''
  }
  return { ...here, session, ask, decide, exchange, code }
}

describe('the page on which a user registers an app', () => {
  it('refuses reserved names, and says what other app of the name the account has (WEB-8)', async () => {
    const w = fixture({ reservedNames: [RESERVED_NAME] })
    for (const client_name of REFUSED_NAMES) {
      const page = await w.ask({ client_name })
      expectPage(page, 400)
      expect(await page.text()).toMatch(/<dt>client_name<\/dt><dd>(?:reserved_name|forbidden_character): /)
    }
    expect(w.writes()).toBe(0)
    expect((await w.exchange(await w.code())).status).toBe(201)
    expect(await (await w.ask({ client_name: 'crm' })).text()).toContain(
      'You already have an app of this name, from <bdi>',
    )
    expect(await (await w.ask({ client_name: 'crm 2' })).text()).not.toContain('of this name')
  })

  it.each(SPOOFED_NAMES)(
    'shows the host before the name %j, which is in no title and no button (WEB-1)',
    async (name) => {
      const page = await (await fixture({ reservedNames: [RESERVED_NAME] }).ask({ client_name: name })).text()
      const at = page.indexOf(`<bdi>${name}</bdi>`)
      expect(page.indexOf(`The response goes to <bdi>${new URL(REDIRECT).host}</bdi>`)).toBeGreaterThan(-1)
      expect(page.indexOf(`The response goes to <bdi>${new URL(REDIRECT).host}</bdi>`)).toBeLessThan(at)
      expect(page.split(name)).toHaveLength(2)
    },
  )

  it('the whole way: page, code by redirect, key and secret on the back channel (WEB-1, WEB-3, RFC 7591 §3.2.1)', async () => {
    const { ask, decide, exchange, post, appgrant } = fixture()
    const page = await ask({}, { headers: NAVIGATION })
    expectPage(page, 200)
    const ticket = ticketIn(await page.text())
    const redirect = await decide({ ticket, decision: 'register', grant: 'yes', scope: 'calls:read' })
    expect([redirect.status, redirect.headers.get('referrer-policy')]).toEqual([303, 'no-referrer'])
    const answer = answerIn(redirect)
    expect([answer.get('state'), answer.get('iss')]).toEqual([APP.state, ISSUER])
    const response = await exchange(answer.get('code') ?? '')
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store'])
    expect(response.headers.has('access-control-allow-origin')).toBe(false)
    const { client_id, client_secret, authorization_code, ...rest } = await jsonOf(response)
    expect(rest).toEqual({
      client_id_issued_at: expect.any(Number),
      client_secret_expires_at: 0,
      client_name: 'CRM',
      client_uri: 'https://crm.example/',
      contacts: ['ops@crm.example'],
      redirect_uris: [REDIRECT],
      scope: 'calls:read calls:write',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
    expect(await appgrant.apps.get(String(client_id))).toMatchObject({ owner: 'user-1', origin: { by: 'browser' } })
    const tokens = await post('/token', {
      grant_type: 'authorization_code',
      client_id: String(client_id),
      client_secret: String(client_secret),
      code: String(authorization_code),
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT,
    })
    expect(await jsonOf(tokens)).toMatchObject({ scope: 'calls:read', token_type: 'Bearer' })
  })

  it('access is granted only by the tick, which is off, and then for the ticked scopes (WEB-1)', async () => {
    const { ask, code, exchange } = fixture()
    const text = await (await ask()).text()
    expect(text).toContain('<input type="checkbox" name="grant" value="yes">')
    for (const form of [{}, { grant: 'on' }, { grant: 'no' }, { scope: 'calls:read' }])
      expect(await jsonOf(await exchange(await code(form)))).not.toHaveProperty('authorization_code')
  })

  it('what an app says of itself is text, after where the response goes, and not in title or button (S52, HTTP-8)', async () => {
    const { ask } = fixture()
    const client_name = `Platform Support</title><script>alert(1)</script>`
    const logo_uri = 'https://crm.example/logo.png'
    const response = await ask({ client_name, logo_uri, description: '<img src=x onerror=alert(1)>' })
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'; base-uri 'none'$/,
    )
    const text = await response.text()
    expect(text).not.toMatch(/<(?:img|a|script|link|iframe|object|embed|base)\b|logo\.png/i)
    const places = ['<title>Register an app?</title>', 'Nobody has checked it', '<bdi>reports.example</bdi>']
    const found = [...places, 'Platform Support&lt;/title&gt;'].map((one) => text.indexOf(one))
    expect(found).not.toContain(-1)
    expect(found).toEqual([...found].sort((one, other) => one - other))
    expect([...text.matchAll(/<button[^>]*>([^<]*)/g)].map(([, label]) => label)).toEqual(['Deny', 'Register'])
  })

  it('every error stays on our page, and what is wrong with the fields is listed there (WEB-4, APP-5)', async () => {
    const { ask, writes } = fixture()
    const before = writes()
    const response = await ask({
      client_name: '',
      description: 'a\u0000<b>',
      redirect_uri: 'https://evil.example/#x',
      scope: 'nothing',
    })
    expectPage(response, 400)
    const text = await response.text()
    for (const shown of ['client_name', 'redirect_uri', 'has_fragment', 'scope', 'unknown_scope'])
      expect(text).toContain(shown)
    expect(text).not.toMatch(/<b>|<a\b/)
    for (const wrong of [{ state: 'short' }, { code_challenge: 'x' }, { code_challenge_method: 'plain' }]) {
      const refused = await ask(wrong)
      expectPage(refused, 400)
      expect(refused.headers.has('location')).toBe(false)
    }
    expect(writes()).toBe(before)
  })

  it('nothing is stored and nothing redirected to the app before somebody is signed in (WEB-4, ERR-5)', async () => {
    const { ask, decide, session, writes } = fixture()
    const ticket = ticketIn(await (await ask()).text())
    const before = writes()
    session.who = undefined
    expect((await ask()).headers.get('location')).toBe(`${ISSUER}/sign-in`)
    expectPage(await decide({ ticket, decision: 'register' }), 400)
    session.who = { account: 'user-1', login: 'ann' }
    expect(await (await ask({}, { method: 'HEAD' })).text()).toBe('')
    for (const headers of [
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'no-cors' },
      { 'sec-purpose': 'prefetch' },
    ])
      expectPage(await ask({}, { headers }), 403)
    expectPage(await decide({ ticket, decision: 'register' }, { 'sec-fetch-site': 'cross-site' }), 403)
    for (const decision of ['', 'approve', 'Register']) expectPage(await decide({ ticket, decision }), 400)
    expect(writes()).toBe(before)
    expect(answerIn(await decide({ ticket, decision: 'deny' })).get('error')).toBe('access_denied')
  })

  it('an account that may not register apps, or has too many, sees a page that says so (APP-6, ACC-4)', async () => {
    const state = { active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: false }
    const directory = { lineage: async (id: string) => [{ id, ...state }] }
    const { ask, code, exchange } = fixture({ appsPerOwner: 1, directory })
    const [one, two] = [await code(), await code()]
    expect((await exchange(one)).status).toBe(201)
    expect(await refusal(await exchange(two))).toEqual({ status: 400, error: 'app_limit_reached' })
    const full = await ask()
    expectPage(full, 400)
    expect(await full.text()).toContain('as many apps as it may have')
    state.mayRegisterApps = false
    const refused = await ask()
    expectPage(refused, 400)
    expect(await refused.text()).toContain('not allowed to register this app')
    expect(await refusal(await exchange(two))).toEqual({ status: 400, error: 'unauthorized_client' })
  })

  it('the exchange takes a form in the body, each parameter once, and no other method (HTTP-5)', async () => {
    const { exchange, code, send, post } = fixture()
    const good = await code()
    for (const name of ['code', 'code_verifier', 'redirect_uri'])
      expect(await refusal(await exchange(good, { [name]: '' }))).toEqual({ status: 400, error: 'invalid_request' })
    const form = new URLSearchParams({ code: good, code_verifier: VERIFIER, redirect_uri: REDIRECT })
    expect((await post(`/register-app/token?code=${good}`, String(form))).status).toBe(400)
    expect((await post('/register-app/token', `${form}&code=${good}`)).status).toBe(400)
    expect((await send('/register-app/token')).status).toBe(405)
    expect((await send('/register-app/token', { method: 'POST', body: '{}' })).status).toBe(415)
    expect(await refusal(await exchange('ag_rc_x'))).toEqual({ status: 400, error: 'invalid_grant' })
    expect((await exchange(good)).status).toBe(201)
    expect(await refusal(await exchange(good))).toEqual({ status: 400, error: 'invalid_grant' })
  })

  it('the page is in the language of the user, and its form posts to the path of the issuer', async () => {
    const { send } = httpFixture({
      issuer: 'https://login.example/oauth',
      signIn: async () => ({ account: 'user-1', locale: 'de' }),
      browserRegistration: true,
    })
    const text = await (await send(`/oauth/register-app?${new URLSearchParams(APP)}`)).text()
    expect(text).toContain('<html lang="de"')
    expect(text).toContain('Registrieren</button>')
    expect(text).toContain('action="/oauth/register-app/decision"')
  })

  it('without the option there is no such page, and the option needs signIn (WEB-1)', async () => {
    const { send } = httpFixture({ signIn: async () => ({ account: 'user-1' }) })
    for (const path of ['/register-app', '/register-app/decision', '/register-app/token'])
      expect([path, (await send(path, { method: 'POST' })).status]).toEqual([path, 404])
    expect(() => httpFixture({ browserRegistration: true })).toThrow(/^createHandler: browserRegistration: /)
    expect(() => httpFixture({ browserRegistration: 'yes' as never, signIn: async () => ({ account: 'a' }) })).toThrow(
      /^createHandler: browserRegistration: /,
    )
  })
})
