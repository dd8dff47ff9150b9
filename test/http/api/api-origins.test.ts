import { describe, expect, it } from 'vitest'
import { createHandler, type HandlerOptions } from '../../../src/http/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { authorization } from '../../support/http-authorization.ts'
import { httpFixture, ISSUER, jsonOf } from '../../support/http-fixture.ts'

const CONSOLE = 'https://console.example'
const JSON_TYPE = { 'content-type': 'application/json' }
const fields = { name: 'Call Reports', homepage: 'https://a.example/', adminEmail: 'a@a.example' }

function fixture(options: HandlerOptions = {}) {
  const here = httpFixture({ signIn: async () => ({ account: 'org-1' }), origins: [CONSOLE], ...options })
  const register = (headers: Record<string, string>) =>
    here.send('/apps', {
      method: 'POST',
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ ...fields, redirectUrls: ['https://a.example/cb'] }),
    })
  return { ...here, register }
}

const corsOf = ({ headers }: Response) => [
  headers.get('access-control-allow-origin'),
  headers.get('access-control-allow-credentials'),
  headers.get('vary'),
]
const CORS = [CONSOLE, 'true', 'Origin']
const NO_CORS = [null, null, null]

describe('origins of the host', () => {
  it('a page of a named origin may change things and read the response, with credentials (HTTP-1, S58)', async () => {
    const { register, appgrant, send } = fixture()
    for (const site of ['cross-site', 'same-site', undefined]) {
      const response = await register({ origin: CONSOLE, ...(site && { 'sec-fetch-site': site }) })
      expect([response.status, corsOf(response)]).toEqual([201, CORS])
    }
    expect((await appgrant.apps.list()).items).toHaveLength(3)
    const list = await send('/apps', { headers: { origin: CONSOLE } })
    expect([list.status, corsOf(list), list.headers.get('cache-control')]).toEqual([200, CORS, 'no-store'])
  })

  it.each([
    ['none', {}],
    ['another', { origin: 'https://evil.example' }],
    ['a longer one', { origin: `${CONSOLE}.evil.example` }],
    ['one with a port', { origin: `${CONSOLE}:8443` }],
    ['one with another scheme', { origin: 'http://console.example' }],
    ['one in another case', { origin: CONSOLE.toUpperCase() }],
    ['a list', { origin: `${CONSOLE}, https://evil.example` }],
    ['null', { origin: 'null' }],
    ['an empty one', { origin: '' }],
  ])('a change from an origin that is %s is a 403 without CORS headers (HTTP-1, S54)', async (_, headers) => {
    const { register, writes, send } = fixture()
    const before = writes()
    const response = await register({ 'sec-fetch-site': 'cross-site', ...headers })
    expect([response.status, corsOf(response)]).toEqual([403, NO_CORS])
    expect(corsOf(await send('/apps', { headers }))).toEqual(NO_CORS)
    expect(writes()).toBe(before)
  })

  it('pages of the issuer still may, and nothing else is looser for a named origin (HTTP-1)', async () => {
    const { register, send } = fixture()
    expect((await register({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    const text = await send('/apps', {
      method: 'POST',
      headers: { origin: CONSOLE, 'content-type': 'text/plain' },
      body: '{}',
    })
    expect([text.status, corsOf(text)]).toEqual([415, CORS])
    const invalid = await send('/apps', { method: 'POST', headers: { origin: CONSOLE, ...JSON_TYPE }, body: '{}' })
    expect([(await jsonOf(invalid)).error, corsOf(invalid)]).toEqual(['invalid_fields', CORS])
    const missing = await send('/apps/x', { headers: { origin: CONSOLE } })
    expect([missing.status, corsOf(missing)]).toEqual([404, CORS])
  })

  it('a page of a named origin can read the response that starts the sign-in (HTTP-1)', async () => {
    const { send } = fixture({
      signIn: async () => new Response('sign in', { status: 401, headers: { vary: 'Cookie' } }),
    })
    const response = await send('/apps', { headers: { origin: CONSOLE } })
    expect([response.status, ...corsOf(response)]).toEqual([401, CONSOLE, 'true', 'Cookie, Origin'])
  })

  it('a preflight of a named origin is answered on every path of the API, of any other not (HTTP-1)', async () => {
    const { appgrant, send } = fixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org-1' }))
    const preflight = (path: string, origin: string) =>
      send(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,traceparent',
        },
      })
    for (const [path, methods] of [
      ['/apps', 'GET, HEAD, POST'],
      [`/apps/${app.key}`, 'GET, HEAD, PATCH'],
      ['/installs/withdraw', 'POST'],
      ['/tokens', 'GET, HEAD'],
    ] as const) {
      const allowed = await preflight(path, CONSOLE)
      expect([allowed.status, corsOf(allowed), await allowed.text()]).toEqual([204, CORS, ''])
      expect(allowed.headers.get('access-control-allow-methods')).toBe(methods)
      expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type,traceparent')
      expect(allowed.headers.get('access-control-max-age')).toBe('600')
      const refused = await preflight(path, 'https://evil.example')
      expect([refused.status, corsOf(refused)]).toEqual([405, NO_CORS])
    }
    const hostile = await send('/apps', {
      method: 'OPTIONS',
      headers: { origin: CONSOLE, 'access-control-request-headers': 'a b; c' },
    })
    expect(hostile.headers.get('access-control-allow-headers')).toBe('content-type')
  })

  it('/authorize has no CORS headers for a named origin, and its decision is refused (S58)', async () => {
    const { authorize, decide, ticket, send } = await authorization({ origins: [CONSOLE] })
    const headers = { origin: CONSOLE }
    const other = { ...headers, 'sec-fetch-site': 'same-site' }
    for (const response of [
      await authorize({}, { headers }),
      await decide({ ticket: await ticket(), decision: 'approve' }, other),
      await send('/authorize', { method: 'OPTIONS', headers }),
    ])
      expect(corsOf(response)).toEqual(NO_CORS)
    expect((await decide({ ticket: await ticket(), decision: 'approve' }, other)).status).toBe(403)
  })

  it.each([
    '*',
    'null',
    '',
    'console.example',
    'https://console.example/',
    'https://console.example/path',
    'https://Console.example',
    'https://console.example:443',
    'http://console.example',
    'https://u@console.example',
    5,
    null,
  ])('the origin %j is a TypeError that names the option', (origin) => {
    const make = (origins: unknown) => () => fixture({ origins } as HandlerOptions)
    expect(make([CONSOLE, origin])).toThrow(/^createHandler: origins: expected an array of at most 100 origins/)
    if (origin !== '') expect(make(origin ?? {})).toThrow(/^createHandler: origins: expected/)
  })

  it('a loopback origin is accepted, for development', async () => {
    const { send } = fixture({ origins: ['http://localhost:5173'] })
    expect(corsOf(await send('/apps', { headers: { origin: 'http://localhost:5173' } }))[0]).toBe(
      'http://localhost:5173',
    )
  })
})

describe('api: false', () => {
  it('/authorize and the endpoints for apps are served without the JSON API (HTTP-1)', async () => {
    const { authorize, call, send, tokens, app } = await authorization({ api: false })
    expect((await authorize()).status).toBe(200)
    expect(await tokens()).toHaveProperty('access_token')
    const metadata = await jsonOf(await send('/.well-known/oauth-authorization-server'))
    expect(metadata.authorization_endpoint).toBe(`${ISSUER}/authorize`)
    for (const [method, path] of [
      ['GET', '/apps'],
      ['POST', '/apps'],
      ['GET', `/apps/${app.key}`],
      ['GET', '/installs'],
      ['GET', '/tokens'],
      ['GET', '/openapi.json'],
    ] as const)
      expect((await call(method, path, method === 'POST' ? {} : undefined)).status).toBe(404)
  })

  it('a value that is not a boolean, or origins without the API, is a TypeError', () => {
    const { appgrant } = httpFixture()
    const signIn = async () => ({ account: 'org-1' })
    expect(() => createHandler(appgrant, { signIn, api: 'no' as never })).toThrow(
      new TypeError('createHandler: api: expected true or false, received "no"'),
    )
    for (const options of [{ signIn, api: false }, {}])
      expect(() => createHandler(appgrant, { ...options, origins: [CONSOLE] })).toThrow(/^createHandler: origins: /)
  })
})
