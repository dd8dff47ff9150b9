import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { generateSigningKey } from '../../../src/index.ts'
import { toNodeHandler } from '../../../src/node.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { authorization, REDIRECT } from '../../support/http-authorization.ts'
import { basic, httpFixture, jsonOf, refusal } from '../../support/http-fixture.ts'

const ORIGIN = 'https://spa.example'
const SPA = { public: true, redirectUrls: [`${ORIGIN}/cb`] }
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

describe('preflight requests', () => {
  const preflight = (asked: string, origin = ORIGIN) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
  })

  it.each(['/token', '/revoke'])(
    '%s may be called by a page with any headers, and stays unreadable to others (HTTP-10)',
    async (path) => {
      const { send, post, appgrant } = httpFixture()
      const { app } = await appgrant.apps.register(exampleApp(SPA))
      const headers = 'traceparent, x-requested-with,content-type'
      const response = await send(path, preflight(headers))
      expect([response.status, await response.text(), response.headers.get('allow')]).toEqual([
        204,
        '',
        'POST, OPTIONS',
      ])
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': headers,
        'access-control-max-age': '3600',
      })
      expect(response.headers.get('vary')).toBe('Origin, Access-Control-Request-Headers')
      expect(response.headers.get('cache-control')).toBe('no-store')
      const traced = { traceparent: '00-0', 'x-requested-with': 'fetch' }
      const own = await post(path, { client_id: app.key, token: 'x' }, { origin: ORIGIN, ...traced })
      expect(corsOf(own)).toEqual({ 'access-control-allow-origin': ORIGIN })
      expect(corsOf(await post(path, { client_id: app.key, token: 'x' }, { origin: 'https://evil.example' }))).toEqual(
        {},
      )
    },
  )

  it('origins that no app can have, and what is not a list of headers, are not repeated (HTTP-10)', async () => {
    const { send } = httpFixture()
    for (const origin of ['null', 'http://spa.example', 'https://spa.example/', 'ftp://x', 'x', ''])
      expect(corsOf(await send('/token', preflight('traceparent', origin))), origin).toEqual({})
    for (const asked of ['a b', 'a, ,b', 'a;b', 'a'.repeat(1025), ''])
      expect(corsOf(await send('/token', preflight(asked)))['access-control-allow-headers'], asked).toBe(
        'authorization, content-type',
      )
  })

  it('metadata and keys may be fetched by every page with MCP-Protocol-Version, the rest by none (HTTP-10, S58)', async () => {
    const signing = { current: await generateSigningKey() }
    const { send } = httpFixture({ signIn: async () => ({ account: 'org-1' }), signing })
    for (const path of ['/.well-known/oauth-authorization-server', '/jwks.json']) {
      const response = await send(path, preflight('mcp-protocol-version', 'null'))
      expect([path, response.status, corsOf(response)]).toMatchObject([
        path,
        204,
        {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, HEAD, OPTIONS',
          'access-control-allow-headers': 'mcp-protocol-version',
        },
      ])
    }
    for (const path of ['/introspect', '/authorize', '/apps']) {
      const refused = await send(path, preflight('traceparent'))
      expect([refused.status, corsOf(refused)]).toEqual([405, {}])
    }
  })
})

describe('clients as they are', () => {
  it('Basic with an empty password is the same as an empty client_secret (HTTP-12, S26)', async () => {
    const { post, appgrant, trustedApp } = httpFixture()
    const { app } = await appgrant.apps.register(exampleApp(SPA))
    const closed = await trustedApp()
    const form = { token: 'x' }
    expect((await post('/revoke', form, basic(app.key, ''))).status).toBe(200)
    expect(await refusal(await post('/revoke', form, basic(closed.app.key, '')))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    expect((await post('/introspect', form, basic(app.key, ''))).status).toBe(401)
  })

  it('a successful revocation is the JSON {} (HTTP-12)', async () => {
    const { post, trustedApp } = httpFixture()
    const { app, secret } = await trustedApp()
    const response = await post('/revoke', { token: 'x' }, basic(app.key, secret))
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/json', '{}'])
  })

  it('redirect_uri is ignored at other grants, and every other parameter of a grant is refused there (HTTP-12)', async () => {
    const { post, trustedApp } = httpFixture()
    const { app, secret } = await trustedApp()
    const grant = (more: Record<string, string>) =>
      post('/token', { grant_type: 'client_credentials', ...more }, basic(app.key, secret))
    expect((await grant({ redirect_uri: REDIRECT })).status).toBe(200)
    for (const name of ['code', 'code_verifier', 'refresh_token'])
      expect(await refusal(await grant({ [name]: 'x' }))).toEqual({ status: 400, error: 'invalid_request' })
    const users = await authorization()
    const { refresh_token: presented } = await users.tokens()
    expect((await users.refresh(presented, { redirect_uri: REDIRECT })).status).toBe(200)
  })

  it.each([
    ['a client without a browser', {}, 'Basic realm="apps", charset="UTF-8"'],
    ['a client that used Basic', basic('x', 'y'), 'Basic realm="apps", charset="UTF-8"'],
    ['a page that used Basic', { ...basic('x', 'y'), origin: ORIGIN }, 'Basic realm="apps", charset="UTF-8"'],
    ['a page', { 'sec-fetch-site': 'same-origin' }, 'OAuth realm="apps"'],
    ['a page of another origin', { origin: ORIGIN }, 'OAuth realm="apps"'],
  ])(
    'the challenge to %s has the error code, and no browser asks a user for it (HTTP-12)',
    async (_, headers, scheme) => {
      const { post } = httpFixture()
      const response = await post('/token', { grant_type: 'client_credentials' }, headers as Record<string, string>)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe(
        `${scheme}, error="invalid_client", error_description="unknown app or wrong credentials"`,
      )
    },
  )

  it.each([
    ['https://api.example', 'https://api.example/'],
    ['https://api.example/', 'https://api.example'],
  ])('a resource %s may be requested as %s, but not with another path (RFC 8707)', async (configured, requested) => {
    const { post, trustedApp, appgrant } = httpFixture({ resources: ['https://first.example', configured] })
    const { app, secret } = await trustedApp()
    const grant = (resource: string) =>
      post('/token', { grant_type: 'client_credentials', resource }, basic(app.key, secret))
    const { access_token: token } = await jsonOf(await grant(requested))
    const { authorizer } = appgrant
    expect((await authorizer.verify(String(token))).audience).toEqual([configured])
    for (const audience of [configured, requested]) await authorizer.verify(String(token), { audience })
    for (const other of [`${requested}x`, 'https://api.example//', 'https://API.example/', 'http://api.example/'])
      expect(await refusal(await grant(other))).toMatchObject({ error: 'invalid_target' })
    await expect(authorizer.verify(String(token), { audience: 'https://api.example/x' })).rejects.toThrow()
  })

  it('a body that a platform has read is taken from rawBody, up to the limit (HTTP-12)', async () => {
    const { handler, trustedApp, outages } = httpFixture()
    const { app, secret } = await trustedApp()
    let raw: unknown
    const serve = toNodeHandler(handler)
    const server = createServer(async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      raw = Buffer.concat(chunks)
      Object.assign(req as IncomingMessage & { rawBody?: unknown }, { rawBody: raw })
      await serve(req, res)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const post = (body: URLSearchParams) =>
      fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', body, headers: basic(app.key, secret) })
    expect((await post(new URLSearchParams({ grant_type: 'client_credentials' }))).status).toBe(200)
    expect((await post(new URLSearchParams({ grant_type: 'a'.repeat(20_000) }))).status).toBe(413)
    expect(outages).toEqual([])
    server.close()
  })
})
