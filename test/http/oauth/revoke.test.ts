import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../../src/testing/index.ts'
import { basic, httpFixture, refusal } from '../../support/http-fixture.ts'

async function withToken() {
  const here = httpFixture()
  const { app, secret } = await here.trustedApp()
  const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const isAlive = async () => (await here.appgrant.authorizer.tryVerify(accessToken)).ok
  return { ...here, app, secret, accessToken, isAlive }
}

describe('POST /revoke', () => {
  it('an app revokes its token, and revoking it again is 200 too (RFC 7009 §2.2, HTTP-4)', async () => {
    const { post, app, secret, accessToken, isAlive } = await withToken()
    for (const _ of [1, 2]) {
      const response = await post('/revoke', { token: accessToken }, basic(app.key, secret))
      expect([response.status, await response.text()]).toEqual([200, '{}'])
      expect(await isAlive()).toBe(false)
    }
  })

  it.each(['access_token', 'refresh_token', 'nonsense', ''])(
    'the hint %j never decides what is revoked (HTTP-4)',
    async (hint) => {
      const { post, app, secret, accessToken, isAlive } = await withToken()
      const form = { token: accessToken, token_type_hint: hint, client_id: app.key, client_secret: secret }
      expect((await post('/revoke', form)).status).toBe(200)
      expect(await isAlive()).toBe(false)
    },
  )

  it('revoking what is not a token of ours is 200 and writes nothing (RFC 7009 §2.2)', async () => {
    const { post, app, secret, accessToken, writes, isAlive } = await withToken()
    const before = writes()
    for (const token of [
      'x',
      accessToken.slice(0, -1),
      `${accessToken}x`,
      accessToken.toUpperCase(),
      'a'.repeat(15_000),
    ])
      expect((await post('/revoke', { token }, basic(app.key, secret))).status).toBe(200)
    expect(writes()).toBe(before)
    expect(await isAlive()).toBe(true)
  })

  it('revocation without a token, or with an empty one, is refused (S32)', async () => {
    const { post, app, secret } = await withToken()
    for (const form of [{}, { token: '' }])
      expect(await refusal(await post('/revoke', form as Record<string, string>, basic(app.key, secret)))).toEqual({
        status: 400,
        error: 'invalid_request',
      })
  })

  it('revoking the token of another app is 400 invalid_grant and an event, and the token still works (S32, HTTP-4)', async () => {
    const { post, trustedApp, appgrant, accessToken, writes, isAlive } = await withToken()
    const other = await trustedApp({ owner: 'org-2' })
    const refused: unknown[] = []
    appgrant.events.on('refused', (event) => refused.push(event))
    const before = writes()
    const response = await post('/revoke', { token: accessToken }, basic(other.app.key, other.secret))
    expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_grant' })
    expect(refused).toMatchObject([{ code: 'foreign_token', app: other.app.key }])
    expect([writes(), await isAlive()]).toEqual([before, true])
  })

  it('revocation without valid authentication is 401, and the token still works (S32)', async () => {
    const { post, app, accessToken, isAlive } = await withToken()
    const response = await post('/revoke', { token: accessToken }, basic(app.key, 'x'.repeat(32)))
    expect(await refusal(response)).toEqual({ status: 401, error: 'invalid_client' })
    expect(await isAlive()).toBe(true)
  })

  it('a suspended app may revoke (HTTP-4)', async () => {
    const { post, app, secret, accessToken, appgrant, isAlive } = await withToken()
    await appgrant.apps.suspend(app.key)
    expect((await post('/revoke', { token: accessToken }, basic(app.key, secret))).status).toBe(200)
    await appgrant.apps.resume(app.key)
    expect(await isAlive()).toBe(false)
  })

  it.each([
    ['nothing was written', 'before'],
    ['the reply was lost', 'after'],
  ] as const)('revocation is 503 if the store fails so that %s, and the repeat works (S30, REV-7)', async (_, when) => {
    const { post, app, secret, accessToken, faults, isAlive } = await withToken()
    faults.fail('replace', when)
    const response = await post('/revoke', { token: accessToken }, basic(app.key, secret))
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual({ status: 503, error: 'temporarily_unavailable' })
    expect((await post('/revoke', { token: accessToken }, basic(app.key, secret))).status).toBe(200)
    expect(await isAlive()).toBe(false)
  })

  it('a public app revokes by its client_id alone (APP-11)', async () => {
    const { post, appgrant } = httpFixture()
    const { app } = await appgrant.apps.register(exampleApp({ public: true }))
    expect((await post('/revoke', { token: 'x', client_id: app.key })).status).toBe(200)
  })
})

describe('CORS (HTTP-6)', () => {
  const redirectUrls = ['https://spa.example/callback', 'https://spa.example:8443/callback']
  const cors = (response: Response) => [...response.headers.keys()].filter((name) => name.startsWith('access-control'))

  it.each(['/token', '/revoke'])('the pages of a public app may read %s, refusals included (HTTP-6)', async (path) => {
    const { post, appgrant } = httpFixture()
    const { app } = await appgrant.apps.register(exampleApp({ public: true, redirectUrls }))
    for (const origin of ['https://spa.example', 'https://spa.example:8443']) {
      const response = await post(path, { client_id: app.key, grant_type: 'nonsense' }, { origin })
      expect(response.status).toBe(400)
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
      expect(response.headers.get('vary')).toBe('Origin')
      expect(cors(response)).toEqual(['access-control-allow-origin'])
    }
  })

  it('no other page may read a response (HTTP-6)', async () => {
    const { post, send, trustedApp, appgrant } = httpFixture({ redirects: { schemes: ['com.example.app'] } })
    // A URL of a private-use scheme has the origin `null`, which every sandboxed page has too.
    const urls = [...redirectUrls, 'com.example.app:/callback']
    const { app } = await appgrant.apps.register(exampleApp({ public: true, redirectUrls: urls }))
    const closed = await trustedApp({ redirectUrls })
    const origin = 'https://spa.example'
    const answers = [
      ...['https://evil.example', 'http://spa.example', 'https://spa.example:1', 'null', '*', ''].map((other) =>
        post('/token', { client_id: app.key }, { origin: other }),
      ),
      post('/token', { client_id: closed.app.key }, { origin }),
      post(
        '/token',
        { client_id: closed.app.key, client_secret: closed.secret, grant_type: 'client_credentials' },
        { origin },
      ),
      post('/token', { client_id: app.key }, { origin, ...basic(app.key, 'x') }),
      post('/introspect', { client_id: app.key, token: 'x' }, { origin }),
      post('/revoke', { client_id: 'x'.repeat(32), token: 'x' }, { origin }),
      send('/apps', { headers: { origin } }),
      send('/nowhere', { headers: { origin } }),
    ]
    for (const response of await Promise.all(answers)) expect(cors(response)).toEqual([])
  })

  it('a 503 while the store is down has no CORS headers (HTTP-6)', async () => {
    const { post, appgrant, faults } = httpFixture()
    const { app } = await appgrant.apps.register(exampleApp({ public: true, redirectUrls }))
    faults.fail('get', 'before', 2)
    const response = await post('/revoke', { client_id: app.key, token: 'x' }, { origin: 'https://spa.example' })
    expect(cors(response)).toEqual([])
    expect(await refusal(response)).toEqual({ status: 503, error: 'temporarily_unavailable' })
  })
})
