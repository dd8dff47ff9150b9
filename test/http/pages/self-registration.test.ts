import { describe, expect, it } from 'vitest'
import { ticketIn } from '../../support/http-authorization.ts'
import { basic, httpFixture, jsonOf, refusal } from '../../support/http-fixture.ts'
import { CLIENT_KEY, LOOPBACK } from '../../support/self-registration.ts'
import { challengeOf, VERIFIER } from '../../support/session-fixture.ts'
import { RESERVED_NAME, SPOOFED_NAMES } from '../../support/spoofed-names.ts'
import { expectInOrder } from './in-order.ts'

const HTTPS = 'https://agent.example/callback'
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' }

async function program(metadata: Record<string, unknown> = {}, locale?: string, reservedNames?: readonly string[]) {
  const w = httpFixture({
    reservedNames,
    signIn: async () => ({ account: 'user-1', ...(locale !== undefined && { locale }) }),
    selfRegistration: { keys: [CLIENT_KEY], scopes: ['calls:read', 'calls:write'], redirects: 'https' },
  })
  const register = async (more: Record<string, unknown> = {}) => {
    const body = JSON.stringify({ client_name: 'Agent', redirect_uris: [LOOPBACK, HTTPS], ...metadata, ...more })
    const headers = { 'content-type': 'application/json' }
    return String((await jsonOf(await w.send('/register', { method: 'POST', headers, body }))).client_id)
  }
  const clientId = await register()
  const authorize = (changed: Record<string, string> = {}, headers: Record<string, string> = {}) => {
    const params = {
      client_id: clientId,
      redirect_uri: LOOPBACK,
      response_type: 'code',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      ...changed,
    }
    return w.send(`/authorize?${new URLSearchParams(params)}`, { headers })
  }
  const approve = async (changed?: Record<string, string>) => {
    const page = await (await authorize(changed)).text()
    const form = { ticket: ticketIn(page), decision: 'approve', scope: 'calls:read' }
    const { headers } = await w.post('/authorize/decision', form, SAME_ORIGIN)
    return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
  }
  const exchange = (code: string, headers: Record<string, string> = {}, changed: Record<string, string> = {}) => {
    const proof = { code, code_verifier: VERIFIER, redirect_uri: LOOPBACK }
    return w.post('/token', { grant_type: 'authorization_code', client_id: clientId, ...proof, ...changed }, headers)
  }
  return { ...w, clientId, register, authorize, approve, exchange }
}

describe('the page about a program that registered itself', () => {
  it('says that nobody has checked it and where the response goes before its name, which is in no title and no button (WEB-4)', async () => {
    const { authorize } = await program()
    const page = await (await authorize({ redirect_uri: HTTPS })).text()
    expectInOrder(page, [
      'A program that registered itself asks for access',
      'Nobody has checked it.',
      'The response goes to <bdi>agent.example</bdi>.',
      'It calls itself “<bdi>Agent</bdi>”.',
      'You have not allowed it before.',
      'You are signed in as <bdi>user-1</bdi>.',
      'name="scope"',
      'value="deny"',
      'value="approve"',
    ])
    expect(page.match(/<title>(.*)<\/title>/)?.[1]).not.toContain('Agent')
    expect(page.split('<bdi>Agent</bdi>')).toHaveLength(2)
    expect(page).not.toContain('on this computer')
  })

  it('says that a program on this computer asks if and only if the response of this request goes there (WEB-4)', async () => {
    for (const [url, isLocal] of [
      [LOOPBACK, true],
      ['http://localhost:1/callback', true],
      ['http://127.0.0.1/cb', true],
      ['http://[::1]:7000/cb', true],
      [HTTPS, false],
      ['https://localhost.example/cb', false],
      ['https://127.0.0.1.example/cb', false],
    ] as const) {
      const { authorize } = await program({ redirect_uris: [LOOPBACK, HTTPS, url] })
      const page = await (await authorize({ redirect_uri: url })).text()
      expect(page.includes('on this computer. Allow it only if you have just started it yourself'), url).toBe(isLocal)
      expect(page.includes(`The response goes to <bdi>${new URL(url).host}`), url).toBe(!isLocal)
    }
  })

  it('is in German for an account that is (WEB-4)', async () => {
    const { authorize } = await program({}, 'de')
    const page = await (await authorize()).text()
    expect(page).toContain('Niemand hat es geprüft.')
    expect(page).toContain('Die Antwort geht an ein Programm auf diesem Computer.')
    expect(page).toContain('Es nennt sich „<bdi>Agent</bdi>“.')
  })

  it.each([...SPOOFED_NAMES, 'A'.repeat(100), `<script>alert(1)</script>"'&amp;`, '{host} {name}', 'claude.ai'])(
    'shows the name %s as text and in the second place (WEB-4, S52)',
    async (name) => {
      const { authorize } = await program({ client_name: name })
      const page = await (await authorize({ redirect_uri: HTTPS })).text()
      expect(page).not.toContain('<script')
      const at = page.indexOf('It calls itself “<bdi>')
      expect(at).toBeGreaterThan(page.indexOf('The response goes to <bdi>agent.example</bdi>'))
      const escaped = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').slice(0, 20)
      expect(page.slice(at)).toContain(escaped.replaceAll('"', '&quot;').replaceAll("'", '&#39;').slice(0, 8))
    },
  )

  it('says which app of the same name the account has (WEB-8)', async () => {
    for (const [locale, text] of [
      ['en', 'You already have an app of this name, from <bdi>reports.example</bdi>.'],
      ['de', 'Sie haben schon eine App mit diesem Namen, von <bdi>reports.example</bdi>.'],
    ] as const) {
      const w = await program({}, locale)
      expect(await (await w.authorize()).text()).not.toContain('reports.example')
      await w.register({ client_name: 'Another' })
      await w.appgrant.apps.register({
        ...{ owner: 'user-1', name: 'AGENT', homepage: 'https://reports.example/agent' },
        ...{ adminEmail: 'ops@reports.example', redirectUrls: ['https://reports.example/callback'] },
      })
      const page = await (await w.authorize()).text()
      expect(page.indexOf(text)).toBeGreaterThan(page.indexOf('<bdi>Agent</bdi>'))
    }
  })

  it('is not shown for a program that calls itself by a reserved name, neither before nor after the sign-in (WEB-8)', async () => {
    const w = await program()
    const clientId = await w.register({ client_name: 'platform  support' })
    const strict = await program({}, undefined, [RESERVED_NAME])
    const page = await strict.authorize({ client_id: clientId })
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    expect(await page.text()).toContain('this platform has reserved the name of this app')
    expect(strict.writes() + strict.counts.get + strict.counts.list).toBe(0)
  })

  it('is not asked for, and nothing is stored, if a page embeds or prefetches it (HTTP-2)', async () => {
    const w = await program()
    for (const headers of [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' },
    ] as Record<string, string>[])
      expect((await w.authorize({}, headers)).status).toBe(403)
    expect(w.writes()).toBe(0)
  })

  it('shows every fault of the request here, and redirects nothing, until the program was approved (WEB-4)', async () => {
    const w = await program()
    const fault = { response_type: 'token' }
    const before = await w.authorize(fault)
    expect([before.status, before.headers.get('location')]).toEqual([400, null])
    expect((await w.exchange(await w.approve())).status).toBe(200)
    const after = await w.authorize(fault)
    expect(after.status).toBe(303)
    expect(after.headers.get('location')).toMatch(
      /^http:\/\/localhost:53123\/callback\?error=unsupported_response_type/,
    )
    expect(await (await w.authorize()).text()).not.toContain('You have not allowed it before.')
  })

  it('shows of the scopes that were requested those below the ceiling (TOK-7)', async () => {
    const w = await program()
    const page = await (await w.authorize({ scope: 'calls:read admin evil' })).text()
    expect([...page.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope]) => scope)).toEqual(['calls:read'])
    expect((await w.authorize({ scope: 'evil' })).status).toBe(400)
  })
})

describe('a program that registered itself at /token and /revoke', () => {
  it('gets tokens by its client_id alone, and invalid_grant once its app was removed (ERR-1, WEB-5)', async () => {
    const w = await program()
    const body = await jsonOf(await w.exchange(await w.approve()))
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'calls:read' })
    const refreshing = { grant_type: 'refresh_token', client_id: w.clientId, refresh_token: String(body.refresh_token) }
    const next = await jsonOf(await w.post('/token', refreshing))
    const user = w.appgrant.as('user-1')
    const key = (await user.apps.list()).items[0]?.key ?? ''
    await user.apps.suspend(key)
    const current = { ...refreshing, refresh_token: String(next.refresh_token) }
    expect(await refusal(await w.post('/token', current))).toEqual({ status: 400, error: 'unauthorized_client' })
    expect((await w.authorize()).status).toBe(400)
    await user.apps.resume(key)
    const last = await jsonOf(await w.post('/token', current))
    await user.apps.remove(key)
    const gone = { ...refreshing, refresh_token: String(last.refresh_token) }
    expect(await refusal(await w.post('/token', gone))).toEqual({ status: 400, error: 'invalid_grant' })
  })

  it('is refused with a secret, which no such program has (ERR-1)', async () => {
    const w = await program()
    const code = await w.approve()
    const { client_id: _, ...form } = { client_id: '', grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    const response = await w.post('/token', { ...form, redirect_uri: LOOPBACK }, basic(w.clientId, 'guess'))
    expect(await refusal(response)).toEqual({ status: 401, error: 'invalid_client' })
    expect((await w.exchange(code)).status).toBe(200)
  })

  it('revokes its own tokens, and no others (HTTP-4, WEB-5)', async () => {
    const w = await program()
    const { refresh_token, access_token } = await jsonOf(await w.exchange(await w.approve()))
    const other = await w.register({ client_name: 'Other' })
    const revoke = (client_id: string, token: unknown) => w.post('/revoke', { client_id, token: String(token) })
    for (const token of [access_token, refresh_token])
      expect(await refusal(await revoke(other, token))).toEqual({ status: 400, error: 'invalid_grant' })
    expect((await w.appgrant.authorizer.tryVerify(String(access_token))).ok).toBe(true)
    expect((await revoke(other, 'unknown')).status).toBe(200)
    expect((await revoke(w.clientId, refresh_token)).status).toBe(200)
    expect((await w.appgrant.authorizer.tryVerify(String(access_token))).ok).toBe(false)
  })

  it('lets pages of its redirect URLs read the response, on any port of a loopback address (HTTP-6)', async () => {
    const w = await program()
    const code = await w.approve()
    const readersOf = async (origin: string) =>
      (await w.exchange('wrong', { origin })).headers.get('access-control-allow-origin')
    for (const origin of ['https://agent.example', 'http://localhost:1', 'http://localhost'])
      expect(await readersOf(origin)).toBe(origin)
    for (const origin of [
      'https://localhost',
      'http://127.0.0.1:1',
      'https://agent.example:8443',
      'http://localhost.evil',
      'null',
    ])
      expect(await readersOf(origin), origin).toBe(null)
    const response = await w.exchange(code, { origin: 'http://localhost:9' })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, 'http://localhost:9'])
  })
})
