import { describe, expect, it } from 'vitest'
import { authorization, REDIRECT, VERIFIER } from '../../support/http-authorization.ts'
import { basic, jsonOf, refusal } from '../../support/http-fixture.ts'

const GRANT = { status: 400, error: 'invalid_grant' }
const REQUEST = { status: 400, error: 'invalid_request' }
const CLIENT = { status: 401, error: 'invalid_client' }

describe('authorization codes at POST /token (RFC 6749 §4.1.3)', () => {
  it.each([false, true])('a code gives tokens for the account, public app: %s (TOK-2, APP-11)', async (isPublic) => {
    const { code, redeem, appgrant, app } = await authorization({}, { public: isPublic })
    const response = await redeem(await code())
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const { access_token: token, refresh_token: next, ...rest } = await jsonOf(response)
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600, scope: 'calls:read calls:write' })
    expect(next).toMatch(/^\w+$/)
    expect(await appgrant.authorizer.tryVerify(String(token))).toMatchObject({
      ok: true,
      kind: 'user',
      account: 'user-1',
      app: { key: app.key },
    })
  })

  it.each(['code', 'redirect_uri', 'code_verifier'])(
    'a code request without %s is refused, and the code is not consumed',
    async (name) => {
      const { code, redeem } = await authorization()
      const presented = await code()
      expect(await refusal(await redeem(presented, { [name]: '' }))).toEqual(REQUEST)
      expect((await redeem(presented)).status).toBe(200)
    },
  )

  it.each([
    ['another redirect', { redirect_uri: `${REDIRECT}/` }],
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['a short verifier', { code_verifier: 'v' }],
    ['a verifier with more', { code_verifier: `${VERIFIER}\n` }],
  ])('a code with %s is refused and not consumed (S11, S13, TOK-9)', async (_, wrong) => {
    const { code, redeem } = await authorization()
    const presented = await code()
    expect(await refusal(await redeem(presented, wrong))).toEqual(GRANT)
    expect((await redeem(presented)).status).toBe(200)
  })

  it('a code is refused to another app and not consumed (S13)', async () => {
    const { code, redeem, post, trustedApp } = await authorization()
    const presented = await code()
    const other = await trustedApp({ owner: 'org-1', redirectUrls: [REDIRECT] })
    const form = {
      grant_type: 'authorization_code',
      code: presented,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
    }
    expect(await refusal(await post('/token', form, basic(other.app.key, other.secret)))).toEqual(GRANT)
    expect((await redeem(presented)).status).toBe(200)
  })

  it('a code redeemed twice ends the session it started (TOK-9, RFC 6749 §4.1.2)', async () => {
    const { code, redeem, appgrant } = await authorization()
    const presented = await code()
    const { access_token: token } = await jsonOf(await redeem(presented))
    expect(await refusal(await redeem(presented))).toEqual(GRANT)
    expect((await appgrant.authorizer.tryVerify(String(token))).ok).toBe(false)
  })

  it('a code is unauthorized_client and not consumed while the app is suspended (ERR-1)', async () => {
    const { code, redeem, appgrant, app, writes } = await authorization()
    const presented = await code()
    await appgrant.apps.suspend(app.key)
    const before = writes()
    expect(await refusal(await redeem(presented))).toEqual({ status: 400, error: 'unauthorized_client' })
    expect(writes()).toBe(before)
    await appgrant.apps.resume(app.key)
    expect((await redeem(presented)).status).toBe(200)
  })
})

describe('refresh tokens at POST /token (RFC 6749 §6)', () => {
  it('a refresh gives a successor and a new access token, narrowed if less is requested (TOK-7)', async () => {
    const { tokens, refresh } = await authorization()
    const first = await tokens()
    const second = await jsonOf(await refresh(first.refresh_token, { scope: 'calls:read' }))
    expect(second).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'calls:read' })
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await jsonOf(await refresh(second.refresh_token))).scope).toBe('calls:read calls:write')
  })

  it('a refresh repeated at once gets the same response (TOK-8)', async () => {
    const { tokens, refresh } = await authorization()
    const { refresh_token: presented } = await tokens()
    const answers = await Promise.all([1, 2, 3].map(async () => jsonOf(await refresh(presented))))
    expect(new Set(answers.map((response) => JSON.stringify(response))).size).toBe(1)
  })

  it.each([
    ['a code', { code: 'x' }, 'invalid_request'],
    ['a verifier', { code_verifier: VERIFIER }, 'invalid_request'],
    ['a resource', { resource: 'https://other.example/' }, 'invalid_target'],
    ['scopes that were not granted', { scope: 'calls:admin admin' }, 'invalid_scope'],
  ])('a refresh with %s is refused, and the token is not consumed (S19)', async (_, more, error) => {
    const { tokens, refresh, writes } = await authorization()
    const { refresh_token: presented } = await tokens()
    const before = writes()
    expect(await refusal(await refresh(presented, more as Record<string, string>))).toEqual({ status: 400, error })
    expect(writes()).toBe(before)
    expect((await refresh(presented)).status).toBe(200)
  })

  it('a credential of another kind is refused as a refresh token and stays valid (S34)', async () => {
    const { tokens, code, refresh, redeem, ticket, secret } = await authorization()
    const { access_token: access, refresh_token: presented } = await tokens()
    const pending = await code()
    for (const other of [access, pending, await ticket(), secret, 'x', `${presented}x`])
      expect(await refusal(await refresh(other))).toEqual(GRANT)
    for (const other of [access, presented, await ticket(), secret])
      expect(await refusal(await redeem(String(other)))).toEqual(GRANT)
    expect((await redeem(pending)).status).toBe(200)
    expect((await refresh(presented)).status).toBe(200)
  })

  it('a refresh is unauthorized_client and not consumed while the account is blocked (S48)', async () => {
    const state = { active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }
    let isActive = true
    const { tokens, refresh } = await authorization({
      directory: { lineage: async (id) => [{ ...state, id, active: id !== 'user-1' || isActive }] },
    })
    const { refresh_token: presented } = await tokens()
    isActive = false
    expect(await refusal(await refresh(presented))).toEqual({ status: 400, error: 'unauthorized_client' })
    isActive = true
    expect((await refresh(presented)).status).toBe(200)
  })
})

describe('confidential and public apps at POST /token', () => {
  it('a confidential app without its secret gets 401 and is not treated as public (S26)', async () => {
    const { code, tokens, app, post } = await authorization()
    const { access_token: access, refresh_token: next } = await tokens()
    const presented = await code()
    const redemption = {
      grant_type: 'authorization_code',
      code: presented,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
    }
    for (const [path, form] of [
      ['/token', redemption],
      ['/token', { grant_type: 'refresh_token', refresh_token: String(next) }],
      ['/revoke', { token: String(access) }],
      ['/introspect', { token: String(access) }],
    ] as [string, Record<string, string>][]) {
      for (const [more, headers] of [
        [{ client_id: app.key }, {}],
        [{ client_id: app.key, client_secret: '' }, {}],
        [{}, basic(app.key, '')],
        [{}, {}],
      ] as const) {
        const response = await post(path, { ...form, ...more } as Record<string, string>, headers)
        expect(await refusal(response)).toEqual(CLIENT)
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
      }
    }
  })

  it('a public app with any secret gets 401 and no token of its own', async () => {
    const { code, app, post, redeem } = await authorization({}, { public: true })
    const presented = await code()
    const form = { grant_type: 'authorization_code', code: presented, redirect_uri: REDIRECT, code_verifier: VERIFIER }
    for (const secret of ['x', 'x'.repeat(32)])
      expect(await refusal(await post('/token', form, basic(app.key, secret)))).toEqual(CLIENT)
    const own = { grant_type: 'client_credentials', client_id: app.key }
    expect(await refusal(await post('/token', own))).toEqual(CLIENT)
    expect((await redeem(presented)).status).toBe(200)
  })
})

describe('introspection and revocation of user tokens', () => {
  it('introspection reports only the access token as active (S34, S36)', async () => {
    const { tokens, code, ticket, asApp, app, secret, clock } = await authorization()
    const { access_token: access, refresh_token: next } = await tokens()
    const now = Math.floor(clock() / 1000)
    expect(await jsonOf(await asApp('/introspect', { token: String(access) }))).toMatchObject({
      active: true,
      kind: 'user',
      client_id: app.key,
      sub: 'user-1',
      scope: 'calls:read calls:write',
      exp: now + 3600,
    })
    for (const token of [next, await code(), await ticket(), secret])
      expect(await (await asApp('/introspect', { token: String(token) })).text()).toBe('{"active":false}')
  })

  it.each([false, true])(
    'revoking a refresh token ends its session, public app: %s (HTTP-4, S33)',
    async (isPublic) => {
      const { tokens, asApp, refresh, appgrant } = await authorization({}, { public: isPublic })
      const [one, other] = [await tokens(), await tokens()]
      const hint = { token_type_hint: 'access_token' }
      expect((await asApp('/revoke', { token: String(one.refresh_token), ...hint })).status).toBe(200)
      expect((await appgrant.authorizer.tryVerify(String(one.access_token))).ok).toBe(false)
      expect(await refusal(await refresh(one.refresh_token))).toEqual(GRANT)
      expect((await appgrant.authorizer.tryVerify(String(other.access_token))).ok).toBe(true)
      expect((await refresh(other.refresh_token)).status).toBe(200)
    },
  )

  it('revoking an access token keeps its session (TOK-5)', async () => {
    const { tokens, asApp, refresh, appgrant } = await authorization()
    const { access_token: access, refresh_token: next } = await tokens()
    expect((await asApp('/revoke', { token: String(access) })).status).toBe(200)
    expect((await appgrant.authorizer.tryVerify(String(access))).ok).toBe(false)
    expect((await refresh(next)).status).toBe(200)
  })

  it('revoking the tokens of another app is 400 and changes nothing (S32)', async () => {
    const { tokens, post, trustedApp, refresh, appgrant } = await authorization()
    const { access_token: access, refresh_token: next } = await tokens()
    const other = await trustedApp()
    for (const token of [access, next]) {
      const response = await post('/revoke', { token: String(token) }, basic(other.app.key, other.secret))
      expect(await refusal(response)).toEqual(GRANT)
    }
    expect((await appgrant.authorizer.tryVerify(String(access))).ok).toBe(true)
    expect((await refresh(next)).status).toBe(200)
  })

  it('responses are readable only by pages at the origin of a public app’s redirect URLs (HTTP-6)', async () => {
    const readable = (response: Response) => response.headers.get('access-control-allow-origin')
    for (const isPublic of [true, false]) {
      const { code, redeem, asApp, app, post } = await authorization({}, { public: isPublic })
      for (const [origin, expected] of [
        ['https://reports.example', isPublic ? 'https://reports.example' : null],
        ['https://evil.example', null],
        ['null', null],
        ['https://reports.example.evil.example', null],
      ] as const) {
        const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: app.key }
        expect(readable(await post('/token', form, { origin }))).toBe(expected)
        expect(readable(await post('/revoke', { token: 'x', client_id: app.key }, { origin }))).toBe(expected)
        expect(readable(await post('/introspect', { token: 'x', client_id: app.key }, { origin }))).toBe(null)
      }
      expect(readable(await redeem(await code()))).toBe(null)
      expect(readable(await asApp('/revoke', { token: 'x' }))).toBe(null)
    }
  })
})
