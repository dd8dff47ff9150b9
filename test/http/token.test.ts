import { describe, expect, it } from 'vitest'
import { basic, json, refusal, world } from './world.ts'

const GRANT = { grant_type: 'client_credentials' }

describe('POST /token', () => {
  it('a trusted app gets a token with Basic and with body credentials (RFC 6749 §4.4, TOK-1)', async () => {
    const { trustedApp, post, grants } = world()
    const { app, secret } = await trustedApp()
    const answers = [
      await post('/token', GRANT, basic(app.key, secret)),
      await post('/token', { ...GRANT, client_id: app.key, client_secret: secret }),
      await post('/token', { ...GRANT, client_id: app.key }, basic(app.key, secret)),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/json')
      const { access_token: token, ...rest } = await json(answer)
      expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600, scope: 'calls:read calls:write' })
      expect(await grants.authorizer.verify(token as string)).toMatchObject({ ok: true, kind: 'app' })
    }
  })

  it('the scope is narrowed to what is requested, and the member is omitted if there is none (RFC 6749 §5.1)', async () => {
    const { trustedApp, post } = world()
    const { app, secret } = await trustedApp()
    const narrow = await json(await post('/token', { ...GRANT, scope: 'calls:read' }, basic(app.key, secret)))
    expect(narrow.scope).toBe('calls:read')
    const other = await trustedApp({ scopes: [] })
    const none = await json(await post('/token', GRANT, basic(other.app.key, other.secret)))
    expect(Object.keys(none).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
  })

  it.each(['calls:admin', 'calls:read  calls:write', ' calls:read', 'calls:read calls:admin', '__proto__'])(
    'the scope %j is refused as invalid_scope, and nothing is stored (TOK-7)',
    async (scope) => {
      const { trustedApp, post, writes } = world()
      const { app, secret } = await trustedApp()
      const before = writes()
      const answer = await post('/token', { ...GRANT, scope }, basic(app.key, secret))
      expect(await refusal(answer)).toEqual({ status: 400, error: 'invalid_scope' })
      expect(writes()).toBe(before)
    },
  )

  it('the user agent of the request is kept with the token (TOK-3)', async () => {
    const { trustedApp, post, grants } = world()
    const { app, secret } = await trustedApp()
    await post('/token', GRANT, { ...basic(app.key, secret), 'user-agent': 'Softphone/3.1' })
    const { items } = await grants.tokens.list({ app: app.key, account: app.owner })
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
    const { trustedApp, post, counts } = world()
    const { app, secret } = await trustedApp()
    const before = { ...counts }
    expect(await refusal(await post('/token', form as Record<string, string>, basic(app.key, secret)))).toEqual({
      status: 400,
      error,
    })
    expect(counts).toEqual(before)
  })

  describe('valid credentials that give nothing now', () => {
    type World = ReturnType<typeof world>
    const acts: [string, (of: World, key: string) => Promise<unknown>][] = [
      ['suspended', ({ grants }, key) => grants.apps.suspend(key)],
      ['not trusted', ({ grants }, key) => grants.apps.setTrusted(key, false)],
    ]
    it.each(acts)('an app that is %s gets unauthorized_client 400, and nothing is stored (ERR-1)', async (_, act) => {
      const here = world()
      const { app, secret } = await here.trustedApp()
      await act(here, app.key)
      const before = here.writes()
      const answer = await here.post('/token', GRANT, basic(app.key, secret))
      expect(await refusal(answer)).toEqual({ status: 400, error: 'unauthorized_client' })
      expect(answer.headers.has('www-authenticate')).toBe(false)
      expect(here.writes()).toBe(before)
    })

    it.each([{ active: false }, { mayUseApps: false }])(
      'an app whose owner has %j gets unauthorized_client (ERR-1)',
      async (state) => {
        let now = {}
        const { trustedApp, post } = world({
          directory: {
            lineage: async (id) => [
              { id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true, ...now },
            ],
          },
        })
        const { app, secret } = await trustedApp()
        now = state
        const answer = await post('/token', GRANT, basic(app.key, secret))
        expect(await refusal(answer)).toEqual({ status: 400, error: 'unauthorized_client' })
      },
    )
  })

  it('a removed app gets invalid_client, as an unknown one does (S33, ERR-1)', async () => {
    const { trustedApp, post, grants } = world()
    const { app, secret } = await trustedApp()
    await grants.apps.remove(app.key)
    expect(await refusal(await post('/token', GRANT, basic(app.key, secret)))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
  })
})
