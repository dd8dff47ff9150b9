import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultyStore } from '../../src/testing/index.ts'
import { basic } from '../support/http-fixture.ts'
import { rawConnection } from '../support/raw-connection.ts'
import { type Library, library } from './library.ts'
import { mounts } from './mounts.ts'

const ISSUER = 'https://login.example/oauth'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }
const SAME = { ...JSON_TYPE, 'sec-fetch-site': 'same-origin' }

let lib: Library
beforeAll(async () => {
  lib = await library()
})

async function start(name: string, isBodyParsed = false) {
  const faults: FaultyStore = lib.testing.faultyStore(lib.memory.memoryStore())
  const appgrant = lib.core.createAppGrant({
    store: faults,
    issuer: ISSUER,
    clock: lib.testing.manualClock(),
    scopes: { 'calls:read': 'See your calls' },
    directory: {
      lineage: async (id) => [{ id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }],
    },
  })
  const handler = lib.http.createHandler(appgrant, {
    signIn: async (request) => ({ account: request.headers.get('x-account') ?? 'org-1' }),
  })
  const outages: { code: string; cause: unknown }[] = []
  const addresses: unknown[] = []
  appgrant.events.on('outage', (event) => outages.push(event))
  appgrant.events.on('refused', (event) => addresses.push(event.remoteAddress))
  const mount = mounts[name]
  if (!mount) throw new Error(name)
  const server: Server = await mount({ library: lib, appgrant, handler, isBodyParsed })
  const { port } = server.address() as AddressInfo
  const { app, secret } = await appgrant.apps.register(
    lib.testing.exampleApp({ owner: 'org-1', trusted: true, scopes: ['calls:read'] }),
  )
  const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { port, faults, appgrant, outages, addresses, app, secret, accessToken, stop, url: `http://127.0.0.1:${port}` }
}
type Started = Awaited<ReturnType<typeof start>>

interface Row {
  readonly name: string
  readonly request: (
    of: Started,
  ) => readonly [method: string, path: string, headers?: Record<string, string>, body?: string]
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | RegExp
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const grant = 'grant_type=client_credentials'
const CHALLENGE = {
  'www-authenticate':
    'Basic realm="apps", charset="UTF-8", error="invalid_client", error_description="unknown app or wrong credentials"',
}

/** What is asked of every framework, and the expected response. */
const TABLE: readonly Row[] = [
  {
    name: 'metadata',
    request: () => ['GET', '/.well-known/oauth-authorization-server/oauth'],
    status: 200,
    headers: { 'cache-control': 'public, max-age=3600', 'access-control-allow-origin': '*' },
    body: /"token_endpoint":"https:\/\/login.example\/oauth\/token"/,
  },
  {
    name: 'metadata by HEAD',
    request: () => ['HEAD', '/.well-known/oauth-authorization-server/oauth'],
    status: 200,
    body: '',
  },
  {
    name: 'metadata with a hostile Host (S57)',
    request: () => [
      'GET',
      '/.well-known/oauth-authorization-server/oauth',
      { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    ],
    status: 200,
    body: /"issuer":"https:\/\/login.example\/oauth","token_endpoint":"https:\/\/login.example\/oauth\/token"/,
  },
  {
    name: 'a token by Basic',
    request: ({ app, secret }) => ['POST', '/oauth/token', { ...FORM, ...basic(app.key, secret) }, grant],
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: /^{"access_token":"ag_at_\w+","token_type":"Bearer","expires_in":3600,"scope":"calls:read"}$/,
  },
  {
    name: 'a token by the body',
    request: ({ app, secret }) => [
      'POST',
      '/oauth/token',
      FORM,
      `${grant}&client_id=${app.key}&client_secret=${secret}`,
    ],
    status: 200,
  },
  {
    name: 'a token with a query',
    request: ({ app, secret }) => ['POST', '/oauth/token?a=1', { ...FORM, ...basic(app.key, secret) }, grant],
    status: 200,
  },
  {
    name: 'a wrong secret',
    request: ({ app }) => ['POST', '/oauth/token', { ...FORM, ...basic(app.key, 'x') }, grant],
    status: 401,
    headers: CHALLENGE,
    body: '{"error":"invalid_client","error_description":"unknown app or wrong credentials"}',
  },
  { name: 'no credentials', request: () => ['POST', '/oauth/token', FORM, grant], status: 401, headers: CHALLENGE },
  {
    name: 'an unknown grant',
    request: () => ['POST', '/oauth/token', FORM, 'grant_type=x'],
    status: 400,
    body: /unsupported_grant_type/,
  },
  {
    name: 'a repeated parameter',
    request: () => ['POST', '/oauth/token', FORM, `${grant}&${grant}`],
    status: 400,
    body: /invalid_request/,
  },
  { name: 'an empty body', request: () => ['POST', '/oauth/token', FORM, ''], status: 400, body: /invalid_request/ },
  { name: 'no body at all', request: () => ['POST', '/oauth/token'], status: 415 },
  { name: 'JSON for a form', request: () => ['POST', '/oauth/token', JSON_TYPE, '{}'], status: 415 },
  { name: 'broken JSON for a form', request: () => ['POST', '/oauth/token', JSON_TYPE, '{'], status: 415 },
  {
    name: 'a packed body',
    request: () => ['POST', '/oauth/token', { ...FORM, 'content-encoding': 'gzip' }, grant],
    status: 415,
  },
  {
    name: 'a body of 16 KiB',
    request: () => ['POST', '/oauth/token', FORM, 'grant_type=x&a='.padEnd(16_384, 'a')],
    status: 400,
  },
  {
    name: 'a body that is too large',
    request: () => ['POST', '/oauth/token', FORM, 'a'.repeat(16_385)],
    status: 413,
    body: /16384 bytes/,
  },
  {
    name: 'a chunked body that is too large',
    request: () => ['POST', '/oauth/token', { ...FORM, 'transfer-encoding': 'chunked' }, 'a'.repeat(50_000)],
    status: 413,
    body: /16384 bytes/,
  },
  {
    name: 'a chunked body',
    request: ({ app, secret }) => [
      'POST',
      '/oauth/token',
      { ...FORM, ...basic(app.key, secret), 'transfer-encoding': 'chunked' },
      grant,
    ],
    status: 200,
  },
  {
    name: 'another method',
    request: () => ['GET', '/oauth/token'],
    status: 405,
    headers: { allow: 'POST, OPTIONS' },
  },
  {
    name: 'a preflight',
    request: () => [
      'OPTIONS',
      '/oauth/token',
      { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    ],
    status: 204,
    // It names no app: whether the page may read the response is in the response.
    headers: { 'access-control-allow-origin': 'https://evil.example' },
  },
  { name: 'DELETE', request: () => ['DELETE', '/oauth/token'], status: 405 },
  { name: 'nothing', request: () => ['GET', '/oauth/nothing'], status: 404, body: /not_found/ },
  { name: 'two slashes', request: () => ['POST', '//oauth/token', FORM, grant], status: 404 },
  { name: 'another case', request: () => ['POST', '/OAuth/token', FORM, grant], status: 404 },
  { name: 'a trailing slash', request: () => ['POST', '/oauth/token/', FORM, grant], status: 404 },
  {
    name: 'introspection',
    request: ({ app, secret, accessToken }) => [
      'POST',
      '/oauth/introspect',
      { ...FORM, ...basic(app.key, secret) },
      `token=${accessToken}`,
    ],
    status: 200,
    body: /^{"active":true,"token_type":"Bearer","max_staleness_ms":300000,"iss":/,
  },
  {
    name: 'introspection of garbage',
    request: ({ app, secret }) => ['POST', '/oauth/introspect', { ...FORM, ...basic(app.key, secret) }, 'token=x'],
    status: 200,
    body: '{"active":false}',
  },
  {
    name: 'a resource',
    request: ({ accessToken }) => ['GET', '/calls', bearer(accessToken)],
    status: 200,
    body: 'org-1',
  },
  {
    name: 'a resource without a token',
    request: () => ['GET', '/calls'],
    status: 401,
    headers: { 'www-authenticate': 'Bearer scope="calls:read"' },
    body: '',
  },
  {
    name: 'a resource with a wrong token',
    request: () => ['GET', '/calls', bearer('x')],
    status: 401,
    headers: {
      'www-authenticate':
        'Bearer error="invalid_token", error_description="the access token is not valid", scope="calls:read"',
    },
  },
  { name: 'a resource with a malformed token', request: () => ['GET', '/calls', bearer('x y')], status: 400 },
  {
    name: 'the apps',
    request: () => ['GET', '/oauth/apps?limit=10'],
    status: 200,
    body: /^{"items":\[{"name":"Example App"/,
  },
  {
    name: 'the apps of another',
    request: () => ['GET', '/oauth/apps', { 'x-account': 'org-2' }],
    status: 200,
    body: '{"items":[]}',
  },
  {
    name: 'a suspension from elsewhere',
    request: ({ app }) => [
      'POST',
      `/oauth/apps/${app.key}/suspend`,
      { ...JSON_TYPE, origin: 'https://evil.example' },
      '{}',
    ],
    status: 403,
    body: /access_denied/,
  },
  {
    name: 'a suspension',
    request: ({ app }) => ['POST', `/oauth/apps/${app.key}/suspend`, SAME],
    status: 200,
    body: /"suspended"/,
  },
  {
    name: 'a token while suspended',
    request: ({ app, secret }) => ['POST', '/oauth/token', { ...FORM, ...basic(app.key, secret) }, grant],
    status: 400,
    body: /unauthorized_client/,
  },
  {
    name: 'a resource while suspended',
    request: ({ accessToken }) => ['GET', '/calls', bearer(accessToken)],
    status: 401,
  },
  {
    name: 'a resumption',
    request: ({ app }) => [
      'POST',
      `/oauth/apps/${app.key}/resume`,
      { ...JSON_TYPE, origin: 'https://login.example' },
      '{}',
    ],
    status: 200,
  },
  {
    name: 'an edit',
    request: ({ app }) => ['PATCH', `/oauth/apps/${app.key}`, SAME, '{"name":"Ümläut ☎"}'],
    status: 200,
    body: /"name":"Ümläut ☎"/,
  },
  {
    name: 'a broken edit',
    request: ({ app }) => ['PATCH', `/oauth/apps/${app.key}`, SAME, '{"name"'],
    status: 400,
    body: /not valid JSON/,
  },
  {
    name: 'trust',
    request: ({ app }) => ['PUT', `/oauth/apps/${app.key}/trusted`, SAME, '{"trusted":true}'],
    status: 200,
  },
  {
    name: 'a secret that is not there',
    request: ({ app }) => ['DELETE', `/oauth/apps/${app.key}/secrets/x`, SAME],
    status: 404,
    body: /secret_not_found/,
  },
  {
    name: 'the tokens',
    request: ({ app }) => ['GET', `/oauth/tokens?app=${app.key}`],
    status: 200,
    body: /"kind":"app"/,
  },
  {
    name: 'all tokens removed',
    request: ({ app }) => ['POST', '/oauth/tokens/remove-all', SAME, JSON.stringify({ app: app.key })],
    status: 204,
    body: '',
  },
  { name: 'a resource afterwards', request: ({ accessToken }) => ['GET', '/calls', bearer(accessToken)], status: 401 },
  {
    name: 'revocation',
    request: ({ app, secret, accessToken }) => [
      'POST',
      '/oauth/revoke',
      { ...FORM, ...basic(app.key, secret) },
      `token=${accessToken}`,
    ],
    status: 200,
    body: '{}',
  },
  {
    name: 'removal',
    request: ({ app }) => ['POST', '/oauth/apps/remove', SAME, JSON.stringify({ apps: [app.key, 'x'] })],
    status: 200,
    body: /"removed":true},{"app":"x","removed":false}/,
  },
  {
    name: 'a token afterwards',
    request: ({ app, secret }) => ['POST', '/oauth/token', { ...FORM, ...basic(app.key, secret) }, grant],
    status: 401,
  },
]

// Headers that a framework adds are its own.
const COMPARED = [
  'cache-control',
  'pragma',
  'content-type',
  'www-authenticate',
  'allow',
  'access-control-allow-origin',
  'location',
  'vary',
  'x-content-type-options',
  'retry-after',
  'set-cookie',
]

function wire([method, path, headers = {}, body]: ReturnType<Row['request']>): string {
  const isChunked = headers['transfer-encoding'] === 'chunked'
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const all = { host: 'login.example', ...(isChunked ? {} : length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  const framed = isChunked && body !== undefined ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : (body ?? '')
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${framed}`
}

/** A response without its random parts. */
function seen({ status, headers, body }: { status: number; headers: ReadonlyMap<string, string>; body: string }) {
  const masked = body
    .replaceAll(/ag_at_\w+/g, 'TOKEN')
    .replaceAll(/\b\w{32}\b/g, 'KEY')
    .replaceAll(/"(id|jti)":"\w+"/g, '"$1":"ID"')
  const timeless = masked.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replaceAll(/"(iat|exp)":\d+/g, '"$1":0')
  return {
    status,
    headers: COMPARED.flatMap((name) => (headers.has(name) ? [`${name}: ${headers.get(name)}`] : [])),
    body: timeless,
  }
}

const results = new Map<string, readonly unknown[]>()

describe.each(Object.keys(mounts))('the packed package on %s', (name) => {
  let here: Started
  beforeAll(async () => {
    here = await start(name)
  })
  afterAll(() => here.stop())

  it('every request of the table gets the same response as on every other framework, on one connection (S50, S57)', async () => {
    const rows: unknown[] = []
    let connection = await rawConnection(here.port)
    for (const { name: row, request, status, headers = {}, body = /^/ } of TABLE) {
      if (!connection.isOpen()) connection = await rawConnection(here.port)
      const response = await connection.ask(wire(request(here)))
      if (response?.headers.get('connection') === 'close') connection.cut()
      expect([row, response?.status, response?.body]).toEqual([
        row,
        status,
        typeof body === 'string' ? body : expect.stringMatching(body),
      ])
      for (const [header, value] of Object.entries(headers))
        expect([row, response?.headers.get(header)]).toEqual([row, value])
      const isResource = row === 'a resource'
      if (!row.startsWith('metadata') && !isResource)
        expect([row, response?.headers.get('cache-control')]).toEqual([row, 'no-store'])
      if (response && !isResource) rows.push([row, seen(response)])
    }
    connection.cut()
    results.set(name, rows)
    expect(here.outages).toEqual([])
    expect(here.addresses.length).toBeGreaterThan(0)
    for (const address of here.addresses) expect(address).toMatch(/127\.0\.0\.1$/)
  })
})

describe.each(Object.keys(mounts))('connections on %s', (name) => {
  let here: Started
  beforeAll(async () => {
    here = await start(name)
  })
  afterAll(() => here.stop())

  async function expectService() {
    const headers = { ...FORM, ...basic(here.app.key, here.secret) }
    const response = await fetch(`${here.url}/oauth/token`, { method: 'POST', headers, body: grant })
    expect(response.status).toBe(200)
  }

  it('a connection is kept alive, even after a body that was not read', async () => {
    const connection = await rawConnection(here.port)
    const right = wire(['POST', '/oauth/token', { ...FORM, ...basic(here.app.key, here.secret) }, grant])
    const unread = wire(['POST', '/oauth/token', JSON_TYPE, 'x'.repeat(9000)])
    for (const status of [200, 415, 200, 415, 200])
      expect((await connection.ask(status === 200 ? right : unread))?.status).toBe(status)
    expect(connection.isOpen()).toBe(true)
    connection.cut()
  })

  it('a connection may break during an upload: nothing is stored or reported, and the server continues', async () => {
    const count = await here.appgrant.tokens.count({ app: here.app.key, account: 'org-1' })
    for (let at = 0; at < 20; at++) {
      const bytes = wire([
        'POST',
        '/oauth/token',
        { ...FORM, ...basic(here.app.key, here.secret), 'content-length': '1000' },
        grant,
      ])
      const connection = await rawConnection(here.port)
      await connection.write(bytes)
      connection.cut()
      await connection.closed
    }
    const half = await rawConnection(here.port)
    await half.write(
      `POST /oauth/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n5\r\ngra`,
    )
    half.cut()
    await expectService()
    expect(await here.appgrant.tokens.count({ app: here.app.key, account: 'org-1' })).toBe(count + 1)
    expect(here.outages).toEqual([])
  })

  it('a client may disconnect before the response: the operation completes, and the server continues', async () => {
    const hold = here.faults.hold('insert')
    const connection = await rawConnection(here.port)
    await connection.write(wire(['POST', '/oauth/token', { ...FORM, ...basic(here.app.key, here.secret) }, grant]))
    await hold.reached
    const issued = new Promise((resolve) => here.appgrant.events.on('token', resolve))
    connection.cut()
    await connection.closed
    hold.release()
    expect(await issued).toMatchObject({ change: 'issued' })
    await expectService()
    expect(here.outages).toEqual([])
  })

  it('a connection with an endless body is closed or drained, and the refusal arrives', async () => {
    const connection = await rawConnection(here.port)
    const head =
      'POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n'
    const response = await connection.ask(`${head}8000\r\n${'a'.repeat(0x8000)}\r\n`)
    expect(response?.status).toBe(413)
    connection.cut()
    await expectService()
  })
})

describe.each(Object.keys(mounts))('a body parser before the handler on %s', (name) => {
  it('a request behind a body parser is a 500, and the event says to mount before it', async () => {
    const here = await start(name, true)
    try {
      const form = await fetch(`${here.url}/oauth/token`, {
        method: 'POST',
        headers: { ...FORM, ...basic(here.app.key, here.secret) },
        body: grant,
      })
      const json = await fetch(`${here.url}/oauth/apps`, { method: 'POST', headers: SAME, body: '{"name":"x"}' })
      for (const response of [form, json]) {
        expect([response.status, await response.text()]).toEqual([
          500,
          '{"error":"server_error","error_description":"the request could not be processed"}',
        ])
        expect(response.headers.get('cache-control')).toBe('no-store')
      }
      const hint = expect.stringContaining('mount this handler before the body parser')
      expect(here.outages).toMatchObject([
        { code: 'server_error', cause: { message: hint } },
        { cause: { message: hint } },
      ])
      const list = await fetch(`${here.url}/oauth/apps`)
      expect(list.status).toBe(200)
    } finally {
      await here.stop()
    }
  })
})

it('all frameworks gave the same responses to the table', () => {
  const [first, ...others] = [...results.values()]
  expect(others).toHaveLength(4)
  expect(first?.length).toBe(TABLE.length - 1)
  for (const other of others) expect(other).toEqual(first)
})
