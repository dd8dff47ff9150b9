import { describe, expect, it } from 'vitest'
import { basic, httpFixture, jsonOf, refusal } from '../../support/http-fixture.ts'

const GRANT = { grant_type: 'client_credentials' }

describe('POST /token', () => {
  it('a token beyond a limit is a 429 with Retry-After (APP-14)', async () => {
    const { post, trustedApp } = httpFixture({ limits: { issuesPerSecond: 1 } })
    const { app, secret } = await trustedApp()
    const ask = () => post('/token', { grant_type: 'client_credentials' }, basic(app.key, secret))
    expect((await ask()).status).toBe(200)
    const response = await ask()
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await refusal(response)).toEqual({ status: 429, error: 'temporarily_unavailable' })
  })

  it('a resource without a value, or with spaces only, is absent (HTTP-5)', async () => {
    const { trustedApp, post } = httpFixture({ resources: ['https://api.example/'] })
    const { app, secret } = await trustedApp()
    for (const resource of ['', ' ', '  ', ' https://api.example/ '])
      expect((await post('/token', { ...GRANT, resource }, basic(app.key, secret))).status).toBe(200)
  })

  it('a trusted app gets a token with Basic and with body credentials (RFC 6749 §4.4, TOK-1)', async () => {
    const { trustedApp, post, appgrant } = httpFixture()
    const { app, secret } = await trustedApp()
    const answers = [
      await post('/token', GRANT, basic(app.key, secret)),
      await post('/token', { ...GRANT, client_id: app.key, client_secret: secret }),
      await post('/token', { ...GRANT, client_id: app.key }, basic(app.key, secret)),
    ]
    for (const response of answers) {
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json')
      const { access_token: token, ...rest } = await jsonOf(response)
      expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600, scope: 'calls:read calls:write' })
      expect(await appgrant.authorizer.tryVerify(token as string)).toMatchObject({ ok: true, kind: 'app' })
    }
  })

  it('the scope is narrowed to what is requested, and the member is omitted if there is none (RFC 6749 §5.1)', async () => {
    const { trustedApp, post } = httpFixture()
    const { app, secret } = await trustedApp()
    const narrow = await jsonOf(await post('/token', { ...GRANT, scope: 'calls:read' }, basic(app.key, secret)))
    expect(narrow.scope).toBe('calls:read')
    const other = await trustedApp({ scopes: [] })
    const none = await jsonOf(await post('/token', GRANT, basic(other.app.key, other.secret)))
    expect(Object.keys(none).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
  })

  it.each(['calls:read calls:admin', ' calls:read', 'offline_access  calls:read calls:read'])(
    'the scope %j is narrowed to what the app registered, and the response says so (TOK-7)',
    async (scope) => {
      const { trustedApp, post } = httpFixture()
      const { app, secret } = await trustedApp()
      const granted = await jsonOf(await post('/token', { ...GRANT, scope }, basic(app.key, secret)))
      expect(granted.scope).toBe('calls:read')
    },
  )

  it.each(['calls:admin', 'admin offline_access', 'calls:read,calls:write', '__proto__'])(
    'the scope %j is refused as invalid_scope, and nothing is stored (TOK-7)',
    async (scope) => {
      const { trustedApp, post, writes } = httpFixture()
      const { app, secret } = await trustedApp()
      const before = writes()
      const response = await post('/token', { ...GRANT, scope }, basic(app.key, secret))
      expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_scope' })
      expect(writes()).toBe(before)
    },
  )

  it('the user agent of the request is kept with the token (TOK-3)', async () => {
    const { trustedApp, post, appgrant } = httpFixture()
    const { app, secret } = await trustedApp()
    await post('/token', GRANT, { ...basic(app.key, secret), 'user-agent': 'Softphone/3.1' })
    const { items } = await appgrant.tokens.list({ app: app.key, account: app.owner })
    expect(items.map((token) => token.userAgent)).toEqual(['Softphone/3.1'])
  })

  it.each([
    ['missing', {}, 'invalid_request'],
    ['empty', { grant_type: '' }, 'invalid_request'],
    ['unknown', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['in another case', { grant_type: 'Client_Credentials' }, 'unsupported_grant_type'],
    ['a property of every object', { grant_type: '__proto__' }, 'unsupported_grant_type'],
    ['a method of every object', { grant_type: 'constructor' }, 'unsupported_grant_type'],
  ])('a grant type that is %s is refused before anything is read (S20)', async (_, form, error) => {
    const { trustedApp, post, counts } = httpFixture()
    const { app, secret } = await trustedApp()
    const before = { ...counts }
    expect(await refusal(await post('/token', form as Record<string, string>, basic(app.key, secret)))).toEqual({
      status: 400,
      error,
    })
    expect(counts).toEqual(before)
  })

  it('the response to an unknown grant type lists those that are served', async () => {
    const response = await httpFixture().post('/token', { grant_type: 'password' }, {})
    expect(await jsonOf(response)).toEqual({
      error: 'unsupported_grant_type',
      error_description: 'grant_type must be one of client_credentials, authorization_code, refresh_token',
    })
  })

  describe('valid credentials that give nothing now', () => {
    type Fixture = ReturnType<typeof httpFixture>
    const acts: [string, (of: Fixture, key: string) => Promise<unknown>][] = [
      ['suspended', ({ appgrant }, key) => appgrant.apps.suspend(key)],
      ['not trusted', ({ appgrant }, key) => appgrant.apps.setTrusted(key, false)],
    ]
    it.each(acts)('an app that is %s gets unauthorized_client 400, and nothing is stored (ERR-1)', async (_, act) => {
      const here = httpFixture()
      const { app, secret } = await here.trustedApp()
      await act(here, app.key)
      const before = here.writes()
      const response = await here.post('/token', GRANT, basic(app.key, secret))
      expect(await refusal(response)).toEqual({ status: 400, error: 'unauthorized_client' })
      expect(response.headers.has('www-authenticate')).toBe(false)
      expect(here.writes()).toBe(before)
    })

    it.each([{ active: false }, { mayUseApps: false }])(
      'an app whose owner has %j gets unauthorized_client (ERR-1)',
      async (state) => {
        let now = {}
        const { trustedApp, post } = httpFixture({
          directory: {
            lineage: async (id) => [
              { id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true, ...now },
            ],
          },
        })
        const { app, secret } = await trustedApp()
        now = state
        const response = await post('/token', GRANT, basic(app.key, secret))
        expect(await refusal(response)).toEqual({ status: 400, error: 'unauthorized_client' })
      },
    )
  })

  it('a removed app gets invalid_client, as an unknown one does (S33, ERR-1)', async () => {
    const { trustedApp, post, appgrant } = httpFixture()
    const { app, secret } = await trustedApp()
    await appgrant.apps.remove(app.key)
    expect(await refusal(await post('/token', GRANT, basic(app.key, secret)))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
  })
})
