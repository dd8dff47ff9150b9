import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../src/create-app-grant.ts'
import { createHandler } from '../../src/http/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { httpFixture, ISSUER, jsonOf, refusal } from '../support/http-fixture.ts'

describe('createHandler', () => {
  it('a conflict is a 503 with Retry-After, at the OAuth endpoints and in the JSON API (ERR-1)', async () => {
    const inner = memoryStore()
    const store = { ...inner, replace: async () => false }
    const appgrant = createAppGrant({ store, issuer: ISSUER })
    const { app, secret } = await appgrant.apps.register(
      exampleApp({ owner: 'org-1', trusted: true, redirectUrls: ['https://app.example/cb'] }),
    )
    const handler = createHandler(appgrant, { signIn: async () => ({ account: 'org-1' }) })
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const form = new URLSearchParams({ client_id: app.key, client_secret: secret, token: accessToken })
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
    const answers = [
      [new Request(`${ISSUER}/revoke`, { method: 'POST', body: form }), 'temporarily_unavailable'],
      [new Request(`${ISSUER}/apps/${app.key}/suspend`, { method: 'POST', headers }), 'conflict'],
    ] as const
    for (const [request, error] of answers) {
      const response = await handler(request)
      expect(await refusal(response)).toEqual({ status: 503, error })
      expect(response.headers.get('retry-after')).toBe('5')
    }
  })

  it('createHandler needs an issuer', () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    expect(() => createHandler(appgrant)).toThrow(/^createHandler: issuer: /)
    expect(() => createHandler(undefined as never)).toThrow(TypeError)
  })

  it('a path that is not an endpoint is a 404 that must not be stored', async () => {
    const { send } = httpFixture()
    for (const path of ['/', '/x', '/authorize/x', '/.well-known/openid-configuration', '/%2e%2e/%2e%2e/etc/passwd']) {
      const response = await send(path)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await refusal(response)).toEqual({ status: 404, error: 'not_found' })
    }
  })

  it('every response is no-store, whatever its status (S50, HTTP-6)', async () => {
    const { send, post, call } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const answers = await Promise.all([
      send('/nowhere'),
      send('/token'),
      post('/token', {}),
      post('/token', { grant_type: 'client_credentials' }),
      post('/revoke', { token: 'x' }),
      post('/introspect', {}),
      send('/token', { method: 'POST', body: 'x' }),
      send('/token', {
        method: 'POST',
        body: 'a'.repeat(20_000),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      send('/apps'),
      send('/apps', { method: 'HEAD' }),
      send('/apps', { method: 'POST' }),
      call('POST', '/apps', {}),
      call('POST', '/tokens/remove-all', { app: 'x' }),
    ])
    for (const response of answers) {
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('pragma')).toBe('no-cache')
      if (response.body) expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404, 405, 400, 401, 415, 413, 200, 403]))
  })

  it('error descriptions use only the characters of RFC 6749 §5.2', async () => {
    const { call } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const { error_description: text } = await jsonOf(await call('POST', '/apps', { name: '“\\"' }))
    expect(text).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  })

  it('an unexpected error is a 500 without details, and an event with all of them', async () => {
    const { appgrant, outages } = httpFixture()
    const cause = new Error('database password: hunter2')
    const authorizer = { ...appgrant.authorizer, clientCredentials: () => Promise.reject(cause) }
    const handler = createHandler({ ...appgrant, authorizer })
    const request = new Request('https://login.example/token', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const response = await handler(request)
    expect([response.status, await response.text()]).toEqual([
      500,
      '{"error":"server_error","error_description":"the request could not be processed"}',
    ])
    expect(outages).toMatchObject([{ code: 'server_error', operation: 'POST /token', cause }])
  })
})
