import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AppGrantOptions, SelfRegistrationOptions } from '../../../src/index.ts'
import { httpFixture, ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'
import { CLIENT_KEY, LOOPBACK } from '../../support/self-registration.ts'
import { REFUSED_NAMES, RESERVED_NAME, SPOOFED_NAMES } from '../../support/spoofed-names.ts'

const OLD_KEY = 'a key that signed client ids before the present one'
const SELF = { keys: [CLIENT_KEY, OLD_KEY], scopes: ['calls:read', 'calls:write'] } as const
const CLIENT_ID = /^ag_rg_[\w-]+\.[\w-]{22}$/
const HTTPS = 'https://agent.example/callback'

function fixture(selfRegistration: Partial<SelfRegistrationOptions> = {}, options: Partial<AppGrantOptions> = {}) {
  const signIn = async () => ({ account: 'user-1' })
  const w = httpFixture({ signIn, selfRegistration: { ...SELF, ...selfRegistration }, ...options })
  const register = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    w.send('/register', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const reads = () => w.counts.get + w.counts.list + w.counts.count
  return { ...w, register, reads }
}

/** A client id with any payload, signed as this server does. */
function signed(payload: string, key = CLIENT_KEY, head = 'ag_rg_') {
  const text = head + Buffer.from(payload).toString('base64url')
  const mac = createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')
  return `${text}.${mac}`
}

describe('POST /register', () => {
  it('responds with all that was registered, and stores nothing (WEB-5, RFC 7591 §3.2.1)', async () => {
    const w = fixture()
    const response = await w.register({ client_name: 'X', redirect_uris: [LOOPBACK], application_type: 'native' })
    expect(response.status).toBe(201)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const body = await jsonOf(response)
    expect(body).toEqual({
      client_id: expect.stringMatching(CLIENT_ID),
      client_name: 'X',
      redirect_uris: [LOOPBACK],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'calls:read calls:write',
    })
    expect([w.reads(), w.writes()]).toEqual([0, 0])
  })

  it('gives the same program the same client_id, whatever differs between its installations (WEB-5)', async () => {
    const w = fixture()
    const idOf = async (body: unknown) => (await jsonOf(await w.register(body))).client_id
    const first = await idOf({ client_name: 'X', redirect_uris: [LOOPBACK] })
    const same = {
      client_name: 'X',
      'client_name#de': 'Ix',
      redirect_uris: ['http://localhost:1/callback', 'http://localhost:2/callback'],
      scope: 'calls:read',
      software_version: '1.2.3',
      contacts: ['a@b.example'],
      logo_uri: 'https://agent.example/logo.png',
      token_endpoint_auth_method: 'client_secret_basic',
    }
    expect(await idOf(same)).toBe(first)
    const https = fixture({ redirects: 'https' })
    const ofTwo = async (redirect_uris: readonly string[]) =>
      (await jsonOf(await https.register({ client_name: 'X', redirect_uris }))).client_id
    expect(await ofTwo([HTTPS, LOOPBACK])).toBe(await ofTwo([LOOPBACK, HTTPS, HTTPS]))
    expect(await ofTwo([HTTPS])).not.toBe(await ofTwo([LOOPBACK]))
  })

  it('keeps of the redirect URLs those that are allowed (WEB-5)', async () => {
    const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const redirectsOf = async (w: ReturnType<typeof fixture>) =>
      (await jsonOf(await w.register({ redirect_uris: [cursor, LOOPBACK, HTTPS] }))).redirect_uris
    expect(await redirectsOf(fixture())).toEqual([LOOPBACK])
    expect(await redirectsOf(fixture({ redirects: 'https' }))).toEqual([LOOPBACK, HTTPS])
    expect(await redirectsOf(fixture({ redirects: [cursor] }))).toEqual([cursor, LOOPBACK])
  })

  it.each([
    ['a scheme that runs code', { redirect_uris: ['javascript:alert(1)'] }],
    ['no redirect URL', { redirect_uris: [] }],
    ['nothing', {}],
    ['an empty body', ''],
    ['a fragment', { redirect_uris: ['https://a.example/#'] }],
    ['a name that only begins like a loopback one', { redirect_uris: ['http://localhost.evil/cb'] }],
    ['a short form of a loopback address', { redirect_uris: ['http://127.1/cb'] }],
    ['a wildcard', { redirect_uris: ['https://*.a.example/'] }],
    ['a port that is not canonical', { redirect_uris: ['https://a.example:443/cb'] }],
    ['members that are not texts', { redirect_uris: [1, null, {}] }],
    ['a list as text', { redirect_uris: LOOPBACK }],
    ['only what a prototype has', '{"__proto__":{"redirect_uris":["http://localhost/cb"]}}'],
  ])('refuses %s as invalid_redirect_uri (WEB-5)', async (_, body) => {
    const w = fixture({ redirects: 'https' })
    expect(await refusal(await w.register(body))).toEqual({ status: 400, error: 'invalid_redirect_uri' })
    expect([w.reads(), w.writes()]).toEqual([0, 0])
  })

  it.each(REFUSED_NAMES)(
    'refuses the name %j, which is reserved, and reads and writes nothing (WEB-8)',
    async (name) => {
      const w = fixture({}, { reservedNames: [RESERVED_NAME] })
      const response = await w.register({ client_name: name, redirect_uris: [LOOPBACK] })
      expect(await refusal(response.clone())).toEqual({ status: 400, error: 'invalid_client_metadata' })
      expect((await jsonOf(response)).error_description).toMatch(/^client_name: expected /)
      expect([w.reads(), w.writes()]).toEqual([0, 0])
    },
  )

  it('gives other names a client_id, those that only look like a reserved one too (WEB-8)', async () => {
    const w = fixture({}, { reservedNames: [RESERVED_NAME] })
    for (const client_name of ['Platform', 'Platform Support 2', ...SPOOFED_NAMES])
      expect((await w.register({ client_name, redirect_uris: [LOOPBACK] })).status, client_name).toBe(201)
  })

  it.each([
    ['a name with a bidirectional override', { client_name: 'a\u202eb', redirect_uris: [LOOPBACK] }],
    ['a name of 101 characters', { client_name: 'a'.repeat(101), redirect_uris: [LOOPBACK] }],
    ['a name that is not a text', { client_name: 1, redirect_uris: [LOOPBACK] }],
    ['two forms of keys', { jwks: { keys: [] }, jwks_uri: 'https://a.example', redirect_uris: [LOOPBACK] }],
    ['11 redirect URLs', { redirect_uris: Array.from({ length: 11 }, (_, at) => `http://localhost/${at}`) }],
    ['what makes too long a client_id', { redirect_uris: [`http://localhost/${'a'.repeat(1900)}`] }],
    ['grants without a code', { grant_types: ['client_credentials'], redirect_uris: [LOOPBACK] }],
    ['responses without a code', { response_types: ['token'], redirect_uris: [LOOPBACK] }],
  ])('refuses %s as invalid_client_metadata (WEB-5)', async (_, body) => {
    expect(await refusal(await fixture().register(body))).toEqual({ status: 400, error: 'invalid_client_metadata' })
  })

  it('takes the host of a redirect URL for a name that is missing, and refuses one without a host (WEB-5)', async () => {
    const nameOf = async (w: ReturnType<typeof fixture>, body: object) =>
      (await jsonOf(await w.register(body))).client_name
    expect(await nameOf(fixture(), { redirect_uris: [LOOPBACK] })).toBe('localhost')
    expect(await nameOf(fixture({ redirects: 'https' }), { client_name: '', redirect_uris: [HTTPS] })).toBe(
      'agent.example',
    )
    const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const w = fixture({ redirects: [cursor] })
    expect(await refusal(await w.register({ client_name: '', redirect_uris: [cursor] }))).toEqual({
      status: 400,
      error: 'invalid_client_metadata',
    })
  })

  it('accepts JSON objects of at most 16 KiB, by POST (HTTP-5)', async () => {
    const w = fixture()
    const statusOf = async (body: unknown, headers?: Record<string, string>) => (await w.register(body, headers)).status
    expect(await statusOf('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415)
    expect(await statusOf({ redirect_uris: [LOOPBACK], more: 'a'.repeat(16 * 1024) })).toBe(413)
    for (const body of ['[]', 'null', '1', '"a"', '{']) expect(await statusOf(body), body).toBe(400)
    expect((await w.send('/register')).status).toBe(405)
    const preflight = await w.send('/register', { method: 'OPTIONS', headers: { origin: 'https://any.example' } })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  })

  it('is in the metadata only if it is served, which needs users who can approve (HTTP-7)', async () => {
    const metadataOf = async (w: ReturnType<typeof httpFixture>) =>
      jsonOf(await w.send('/.well-known/oauth-authorization-server'))
    expect((await metadataOf(fixture())).registration_endpoint).toBe(`${ISSUER}/register`)
    for (const w of [
      httpFixture({ selfRegistration: SELF }),
      httpFixture({ signIn: async () => ({ account: 'a' }) }),
    ]) {
      expect(await metadataOf(w)).not.toHaveProperty('registration_endpoint')
      expect((await w.send('/register', { method: 'POST' })).status).toBe(404)
    }
  })

  it('serves 10,000 registrations from one address without touching the store (WEB-5, ERR-5)', async () => {
    const w = fixture()
    const body = JSON.stringify({ client_name: 'X', redirect_uris: [LOOPBACK] })
    for (let at = 0; at < 10_000; at++) {
      const response = await w.send('/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body.replace('X', `X${at}`),
        remoteAddress: '192.0.2.1',
      })
      expect(response.status).toBe(201)
    }
    expect([w.reads(), w.writes()]).toEqual([0, 0])
  })
})

describe('a client_id that carries a registration', () => {
  const VALID = JSON.stringify({ v: 1, n: 'X', r: ['http://localhost/callback'] })
  const authorize = (w: ReturnType<typeof fixture>, client_id: string, changed: Record<string, string> = {}) => {
    const params = {
      client_id,
      redirect_uri: LOOPBACK,
      response_type: 'code',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
      ...changed,
    }
    return w.send(`/authorize?${new URLSearchParams(params)}`)
  }

  it('is accepted if any key of the ring signed it (WEB-5)', async () => {
    const w = fixture()
    for (const key of [CLIENT_KEY, OLD_KEY]) expect((await authorize(w, signed(VALID, key))).status).toBe(200)
  })

  it.each([
    ['a changed MAC', () => signed(VALID).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    [
      'another spelling of the same MAC',
      () => {
        const id = signed(VALID)
        const [last] = Buffer.from(id.slice(-2), 'base64url')
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        const other = [...alphabet].find(
          (one) => one !== id.at(-1) && Buffer.from(id.at(-2) + one, 'base64url')[0] === last,
        )
        return id.slice(0, -1) + other
      },
    ],
    ['another key', () => signed(VALID, 'a key that is not in the ring of this server')],
    ['another brand', () => signed(VALID, CLIENT_KEY, 'zz_rg_')],
    ['a payload of 2 MB', () => `ag_rg_${'a'.repeat(2_000_000)}.${'a'.repeat(22)}`],
    ['a payload that is not JSON', () => signed('{')],
    ['a payload of another version', () => signed(VALID.replace('1', '2'))],
    ['a payload with a member twice', () => signed(VALID.replace('"n":"X"', '"n":"Y","n":"X"'))],
    ['a payload in another order', () => signed('{"n":"X","v":1,"r":["http://localhost/callback"]}')],
    ['a payload without redirect URLs', () => signed('{"v":1,"n":"X","r":[]}')],
    ['an empty one', () => 'ag_rg_.'],
  ])('is refused on our page before sign-in with %s (WEB-4, WEB-5)', async (_, make) => {
    const w = fixture()
    const response = await authorize(w, make())
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBe(null)
    // It may be the key of an imported app, so it is looked up like any other.
    expect(w.writes()).toBe(0)
  })

  it('is refused once its redirect URL is not allowed any more (WEB-5, APP-3)', async () => {
    const id = signed(JSON.stringify({ v: 1, n: 'X', r: [HTTPS] }))
    expect((await authorize(fixture({ redirects: 'https' }), id, { redirect_uri: HTTPS })).status).toBe(200)
    expect((await authorize(fixture({ redirects: [HTTPS] }), id, { redirect_uri: HTTPS })).status).toBe(200)
    expect((await authorize(fixture(), id, { redirect_uri: HTTPS })).status).toBe(400)
  })
})
