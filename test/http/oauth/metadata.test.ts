import { describe, expect, it } from 'vitest'
import { httpFixture, jsonOf } from '../../support/http-fixture.ts'

const PATH = '/.well-known/oauth-authorization-server'

describe('the metadata (RFC 8414)', () => {
  it('the metadata names the endpoints, grant types and authentication methods of each (HTTP-7)', async () => {
    const { send } = httpFixture()
    const response = await send(PATH)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await jsonOf(response)).toEqual({
      issuer: 'https://login.example',
      token_endpoint: 'https://login.example/token',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256', 'Ed25519'],
      revocation_endpoint: 'https://login.example/revoke',
      revocation_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'none',
      ],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256', 'Ed25519'],
      introspection_endpoint: 'https://login.example/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      introspection_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256', 'Ed25519'],
      grant_types_supported: ['client_credentials'],
      scopes_supported: ['read', 'write', 'admin', 'calls:read', 'calls:write'],
      response_types_supported: [],
    })
  })

  it('the metadata names no scopes if there is no catalogue (ACC-8)', async () => {
    const { send } = httpFixture({ scopes: {} })
    expect(await jsonOf(await send(PATH))).not.toHaveProperty('scopes_supported')
  })

  it('the metadata names user authorization only if users can sign in (HTTP-7, RFC 9207 §3)', async () => {
    const { send } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    expect(await jsonOf(await send(PATH))).toMatchObject({
      authorization_endpoint: 'https://login.example/authorize',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    })
  })

  it('the metadata names the ways to sign in that the host declares (RFC 9470 §7)', async () => {
    const signIn = async () => ({ account: 'org-1' })
    expect(await jsonOf(await httpFixture({ signIn }).send(PATH))).not.toHaveProperty('acr_values_supported')
    const { send } = httpFixture({ signIn, acrValues: ['mfa', 'pwd'] })
    expect(await jsonOf(await send(PATH))).toMatchObject({ acr_values_supported: ['mfa', 'pwd'] })
    const tooMany = Array.from({ length: 21 }, (_, n) => `acr-${n}`)
    for (const acrValues of [['a b'], ['mfa', 'mfa'], [5], new Array(1), tooMany, 'mfa', null])
      expect(() => httpFixture({ signIn, acrValues: acrValues as string[] })).toThrow('createHandler: acrValues')
    expect(() => httpFixture({ acrValues: ['mfa'] })).toThrow('createHandler: acrValues')
  })

  it('the metadata of an issuer with a path is between host and path, and its endpoints are under the path (RFC 8414 §3.1)', async () => {
    const { send } = httpFixture({ issuer: 'https://login.example/oauth.v1/tenant' })
    const found = await jsonOf(await send(`${PATH}/oauth.v1/tenant`))
    expect(found.issuer).toBe('https://login.example/oauth.v1/tenant')
    expect(found.token_endpoint).toBe('https://login.example/oauth.v1/tenant/token')
    const post = { method: 'POST' }
    expect((await send('/oauth.v1/tenant/token', post)).status).toBe(415)
    for (const path of [PATH, `${PATH}/`, `/oauth.v1${PATH}`, `${PATH}/oauthxv1/tenant`, '/token', '/oauth.v1/token'])
      expect([path, (await send(path, path.endsWith('token') ? post : {})).status]).toEqual([path, 404])
  })

  it('only the metadata may be cached and read by any page (HTTP-6)', async () => {
    const { send } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    for (const method of ['GET', 'HEAD']) {
      const response = await send(PATH, { method })
      expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
      expect(response.headers.has('pragma')).toBe(false)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
    }
    expect(await (await send(PATH, { method: 'HEAD' })).text()).toBe('')
    for (const [path, method] of [
      ['/apps', 'GET'],
      ['/openapi.json', 'GET'],
      [PATH, 'POST'],
      ['/nowhere', 'GET'],
      ['/', 'GET'],
    ] as const) {
      const response = await send(path, { method })
      expect([response.headers.get('cache-control'), response.headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
      expect(response.headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  it('no response changes with the Host or forwarding headers (S57, HTTP-7)', async () => {
    const { handler, send } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
    }
    for (const [path, method] of [
      [PATH, 'GET'],
      ['/token', 'POST'],
      ['/introspect', 'POST'],
      ['/openapi.json', 'GET'],
      ['/evil', 'GET'],
    ] as const) {
      const body =
        method === 'POST' ? { body: new URLSearchParams({ grant_type: 'client_credentials', token: 'x' }) } : {}
      const usual = await send(path, { method, ...body })
      const hostile = await handler(new Request(`https://evil.example:8443${path}`, { method, headers, ...body }))
      expect([hostile.status, [...hostile.headers], await hostile.text()]).toEqual([
        usual.status,
        [...usual.headers],
        await usual.text(),
      ])
    }
  })
})
