import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../../src/testing/index.ts'
import { appSigner } from '../../support/app-signer.ts'
import { basic, httpFixture, ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'

const GRANT = { grant_type: 'client_credentials' }
const ENDPOINTS = ['/token', '/revoke', '/introspect']

describe('client authentication', () => {
  it('Basic credentials are decoded as RFC 6749 §2.3.1 says: form-encoded, then joined', async () => {
    const { trustedApp, post } = httpFixture()
    const { app, secret } = await trustedApp()
    const escaped = `${app.key.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)}:${secret}`
    const response = await post('/token', GRANT, { authorization: `basic   ${btoa(escaped)}` })
    expect(response.status).toBe(200)
    // The same text without the encoding of its percent signs is another key.
    const double = `${encodeURIComponent(escaped.split(':')[0] ?? '')}:${secret}`
    expect(await refusal(await post('/token', GRANT, { authorization: `Basic ${btoa(double)}` }))).toMatchObject({
      status: 401,
    })
  })

  describe.each(ENDPOINTS)('client authentication at %s', (path) => {
    const form = { ...GRANT, token: 'x' }

    it.each([
      ['invalid base64', '!!!'],
      ['base64 of a wrong length', 'YQ='],
      ['no colon', btoa('abc')],
      ['a broken escape', btoa('%zz:secret')],
      ['invalid UTF-8', btoa('\xff\xfe:secret')],
      ['an escape of invalid UTF-8', btoa('%ff:secret')],
      ['nothing', ''],
      ['two parts', `${btoa('a:b')} ${btoa('c:d')}`],
      ['100 kB', 'A'.repeat(100_000)],
    ])('a Basic header with %s is refused with 401 and a challenge, without a read (ERR-4, S45)', async (_, value) => {
      const { post, counts } = httpFixture()
      const response = await post(path, form, { authorization: `Basic ${value}` })
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Basic realm="apps", charset="UTF-8", error="invalid_client"/,
      )
      expect(await refusal(response)).toEqual({ status: 401, error: 'invalid_client' })
      expect(counts.get).toBe(0)
    })

    it('another authentication scheme or an unknown assertion type is refused', async () => {
      const { post } = httpFixture()
      const bearer = await post(path, form, { authorization: 'Bearer abc' })
      expect(await refusal(bearer)).toEqual({ status: 401, error: 'invalid_client' })
      const assertion = await post(path, {
        ...form,
        client_assertion_type: 'urn:x',
        client_assertion: 'x.y.z',
        client_id: 'a',
      })
      expect(await refusal(assertion)).toEqual({ status: 401, error: 'invalid_client' })
    })

    it('two methods or two identities are refused, even if each is valid (S20)', async () => {
      const { trustedApp, post, writes } = httpFixture()
      const { app, secret } = await trustedApp()
      const other = await trustedApp()
      const before = writes()
      const tries = [
        post(path, { ...form, client_secret: secret, client_id: app.key }, basic(app.key, secret)),
        post(path, { ...form, client_secret: secret }, basic(app.key, secret)),
        post(path, { ...form, client_id: other.app.key }, basic(app.key, secret)),
        post(path, { ...form, client_id: app.key, client_assertion: 'x' }, basic(app.key, secret)),
        post(path, { ...form, client_id: app.key, client_secret: secret, client_assertion: 'x' }),
      ]
      for (const response of await Promise.all(tries))
        expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_request' })
      expect(writes()).toBe(before)
    })

    it('credentials in the query are refused, even with valid ones in the header (S20)', async () => {
      const { trustedApp, post } = httpFixture()
      const { app, secret } = await trustedApp()
      for (const query of [
        `client_id=${app.key}`,
        `client_secret=${secret}`,
        'token=x',
        'grant_type=client_credentials',
      ])
        expect(await refusal(await post(`${path}?${query}`, form, basic(app.key, secret)))).toEqual({
          status: 400,
          error: 'invalid_request',
        })
      expect((await post(`${path}?unknown=1`, form, basic(app.key, secret))).status).toBe(200)
    })

    it('client_id alone or an empty secret does not authenticate a confidential app (S26)', async () => {
      const { trustedApp, post, send, appgrant, writes } = httpFixture()
      const { app } = await trustedApp()
      const before = writes()
      const answers = [
        await post(path, { ...form, client_id: app.key }),
        await post(path, { ...form, client_id: app.key, client_secret: '' }),
        await post(path, form, basic(app.key, '')),
        await post(path, form),
        await send(path, { method: 'POST', body: new URLSearchParams(form), headers: { authorization: '' } }),
      ]
      for (const response of answers) expect(await refusal(response)).toEqual({ status: 401, error: 'invalid_client' })
      const { app: open } = await appgrant.apps.register(exampleApp({ public: true }))
      expect(await refusal(await post(path, form, basic(open.key, 'x')))).toEqual({
        status: 401,
        error: 'invalid_client',
      })
      expect(writes()).toBe(before + 1)
    })

    it('an unknown key, a wrong secret and a removed app get the same response after the same reads (S22, ERR-5)', async () => {
      const { trustedApp, post, appgrant, counts } = httpFixture()
      const { app, secret } = await trustedApp()
      const removed = await trustedApp()
      await appgrant.apps.remove(removed.app.key)
      const wrong = secret.split('').reverse().join('')
      const unknown = app.key.slice(0, 2) + wrong.slice(2)
      const seen = []
      for (const [key, tried] of [
        [app.key, wrong],
        [unknown, secret],
        [removed.app.key, removed.secret],
      ] as const) {
        const before = { ...counts }
        const response = await post(path, form, basic(key, tried))
        const reads = counts.get - before.get
        expect({ ...counts, get: before.get }).toEqual(before)
        seen.push(JSON.stringify([response.status, [...response.headers], await response.text(), reads]))
      }
      expect(new Set(seen).size).toBe(1)
      expect(seen[0]).toContain('401')
    })
  })
})

describe('failed attempts', () => {
  const attempt = (here: ReturnType<typeof httpFixture>, key: string, remoteAddress: string, headers = {}) =>
    here.send('/token', {
      method: 'POST',
      body: new URLSearchParams({ ...GRANT, client_id: key, client_secret: 'x'.repeat(32) }),
      headers,
      remoteAddress,
    })

  it('too many failures of one key from one /64 get 429 with Retry-After (S23, ERR-3)', async () => {
    const here = httpFixture()
    const { app } = await here.trustedApp()
    const statuses = []
    for (let at = 0; at < 12; at++) statuses.push((await attempt(here, app.key, `2001:db8:1:2::${at}`)).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    const response = await attempt(here, app.key, '2001:db8:1:2:ffff::1')
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await refusal(response)).toEqual({ status: 429, error: 'invalid_client' })
    expect((await attempt(here, app.key, '2001:db8:1:3::1')).status).toBe(401)
    here.clock.advance(60_000)
    expect((await attempt(here, app.key, '2001:db8:1:2::1')).status).toBe(401)
  })

  it('failures count whatever the spelling of the path, because no other spelling is an endpoint (S23)', async () => {
    const { send } = httpFixture()
    for (const path of ['//token', '/token/', '/./x/..//token', '/Token', '/token%20', '/%74oken', '/token;a=1']) {
      const response = await send(path, { method: 'POST', body: new URLSearchParams(GRANT) })
      expect([path, response.status]).toEqual([path, 404])
    }
  })

  it('failures of others never lock out an app with the right secret (S24)', async () => {
    const here = httpFixture()
    const { app, secret } = await here.trustedApp()
    for (let at = 0; at < 10_000; at++) await attempt(here, app.key, `10.${at >> 12}.${(at >> 4) & 255}.${at & 15}`)
    const right = await here.send('/token', {
      method: 'POST',
      body: new URLSearchParams({ ...GRANT, client_id: app.key, client_secret: secret }),
      remoteAddress: '10.0.0.1',
    })
    expect(right.status).toBe(200)
  })

  it('failures are not counted by what a forwarding header says (S25)', async () => {
    const here = httpFixture()
    const { app, secret } = await here.trustedApp()
    const statuses = []
    for (let at = 0; at < 11; at++) {
      const forged = `198.51.100.${at}`
      const headers = { 'x-forwarded-for': forged, forwarded: `for=${forged}`, 'x-real-ip': forged }
      statuses.push((await attempt(here, app.key, '203.0.113.9', headers)).status)
    }
    expect(statuses.at(-1)).toBe(429)
    // That address is not blamed: it has failed nothing yet.
    expect((await attempt(here, app.key, '198.51.100.3')).status).toBe(401)
    expect((await here.post('/token', GRANT, basic(app.key, secret))).status).toBe(200)
  })

  it('failures write nothing to the store, however many there are (S27, ERR-5)', async () => {
    const here = httpFixture()
    const { app } = await here.trustedApp()
    const before = here.writes()
    await Promise.all(
      Array.from({ length: 5000 }, (_, at) =>
        attempt(here, at % 2 ? app.key : `${app.key.slice(0, 24)}${10_000_000 + at}`, `10.9.${at >> 8}.${at & 255}`),
      ),
    )
    expect(here.writes()).toBe(before)
    expect(here.outages).toEqual([])
  })
})

describe('client authentication by assertion (RFC 7523)', () => {
  const JWT = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

  async function setUp() {
    const here = httpFixture()
    const signer = await appSigner()
    const { app } = await here.keyedApp({ jwks: [signer.jwk] })
    const sign = (claims = {}) => signer.sign(app.key, here.clock(), { claims: { aud: ISSUER, ...claims } })
    const form = async (more: Record<string, string> = {}) => ({
      ...GRANT,
      token: 'x',
      client_assertion_type: JWT,
      client_assertion: await sign(),
      ...more,
    })
    return { ...here, app, sign, form }
  }

  it.each(ENDPOINTS)('an assertion authenticates an app at %s once, with client_id or without', async (path) => {
    const { post, form, app } = await setUp()
    for (const more of [{}, { client_id: app.key }]) {
      const sent = await form(more)
      expect((await post(path, sent)).status).toBe(200)
      const again = await post(path, sent)
      expect(again.headers.get('www-authenticate')).toMatch(/^Basic /)
      expect(await refusal(again)).toEqual({ status: 401, error: 'invalid_client' })
    }
  })

  it.each(ENDPOINTS)('at %s an invalid assertion gets the same response as a wrong secret (S22)', async (path) => {
    const { post, form, writes, trustedApp, app, clock } = await setUp()
    const { app: other } = await trustedApp()
    const stranger = await appSigner()
    const forged = (claims = {}) => stranger.sign(app.key, clock(), { claims: { aud: ISSUER, ...claims } })
    const wrong = await post(path, { ...GRANT, token: 'x' }, basic(other.key, 'x'.repeat(32)))
    const expected = await jsonOf(wrong)
    const before = writes()
    const tries = [
      await form({ client_id: other.key }),
      await form({ client_assertion: await forged() }),
      await form({ client_assertion: await forged({ aud: `${ISSUER}${path}` }) }),
      await form({ client_assertion: 'x.y.z' }),
      await form({ client_assertion: '' }),
    ]
    for (const sent of tries) {
      const response = await post(path, sent)
      expect([response.status, await jsonOf(response)]).toEqual([401, expected])
    }
    for (const type of ['', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer', JWT.toUpperCase()])
      expect(await refusal(await post(path, await form({ client_assertion_type: type })))).toEqual({
        status: 401,
        error: 'invalid_client',
      })
    expect(writes()).toBe(before)
  })

  it.each(ENDPOINTS)('at %s the description says which claim of a signed assertion is wrong', async (path) => {
    const { post, form, sign, clock } = await setUp()
    const described = async (claims: object) => {
      const response = await post(path, await form({ client_assertion: await sign(claims) }))
      expect(response.status).toBe(401)
      const { error, error_description } = await jsonOf(response)
      expect(response.headers.get('www-authenticate')).toContain(`error_description="${error_description}"`)
      return [error, error_description]
    }
    for (const aud of [`${ISSUER}${path}`, [ISSUER]])
      expect(await described({ aud })).toEqual([
        'invalid_client',
        'the aud of the assertion must be the issuer as a single string (the option assertions.audience of the server accepts more)',
      ])
    const [, description] = await described({ exp: clock() / 1000 + 3600 })
    expect(description).toMatch(/^the exp of the assertion must be a time in the future, by at most 300 seconds/)
  })

  it.each(ENDPOINTS)('at %s an assertion in the query, twice or beside a secret is refused (S20)', async (path) => {
    const { post, form, sign, writes } = await setUp()
    const before = writes()
    const body = new URLSearchParams(await form())
    const query = `?client_assertion=${await sign()}`
    for (const response of [
      await post(path + query, { ...GRANT, token: 'x', client_assertion_type: JWT }),
      await post(`${path}?client_assertion_type=${JWT}`, await form()),
      await post(path, `${body}&client_assertion=${await sign()}`),
      await post(path, await form({ client_secret: 'x' })),
    ])
      expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_request' })
    expect(writes()).toBe(before)
  })

  it('an assertion whose use cannot be stored is a 503, never a 401 (ERR-1)', async () => {
    const { post, form, faults } = await setUp()
    const sent = await form()
    faults.fail('insert', 'before')
    expect(await refusal(await post('/token', sent))).toEqual({ status: 503, error: 'temporarily_unavailable' })
    expect((await post('/token', sent)).status).toBe(200)
  })
})
