import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../../src/create-app-grant.ts'
import { createHandler, type HandlerOptions } from '../../../src/http/index.ts'
import { toNodeHandler } from '../../../src/node.ts'
import { jsonOf } from '../../support/http-fixture.ts'
import { rawConnection } from '../../support/raw-connection.ts'
import { warningsDuring } from '../../support/warnings.ts'

const ORIGIN = 'https://login.example'
const METADATA = '/.well-known/oauth-authorization-server'

function handlerFor(issuer: string, options: HandlerOptions = {}) {
  const appgrant = createAppGrant({ store: memoryStore(), issuer })
  const handler = createHandler(appgrant, { signIn: async () => ({ account: 'org-1' }), ...options })
  const statusOf = async (path: string, init: RequestInit = {}) =>
    (await handler(new Request(ORIGIN + path, init))).status
  return { appgrant, handler, statusOf }
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function statusesOver(server: Server, targets: readonly string[]): Promise<readonly (number | undefined)[]> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const statuses = []
  for (const target of targets) {
    const connection = await rawConnection(port)
    statuses.push((await connection.ask(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`))?.status)
    connection.cut()
  }
  return statuses
}

const CHANGED = [
  '/x/../apps',
  '/x/%2e%2e/apps',
  '/x/.%2E/apps',
  '/./apps',
  '/%2e/apps',
  '/apps/.',
  '/apps/x/..',
  '/apps/.x/..',
  '/\\apps',
  '/x\\..\\apps',
  '/apps#x',
  '/x/../apps?a=b',
  'http://login.example/x/../apps',
]

describe('paths', () => {
  it('a path that a URL parser would change is a 404, so that a guard of the host sees the same path (HTTP-9)', async () => {
    const { handler } = handlerFor(ORIGIN)
    const statuses = await statusesOver(createServer(toNodeHandler(handler)), ['/apps', '/apps?limit=5', ...CHANGED])
    expect(statuses).toEqual([200, 200, ...CHANGED.map(() => 404)])
  })

  it('a host that guards /apps under Express is not passed by, whatever originalUrl says (HTTP-9)', async () => {
    const { handler } = handlerFor(ORIGIN)
    const app = express()
    app.use('/apps', (_req, res) => void res.status(403).end())
    app.use(['/x', '/'], toNodeHandler(handler))
    const statuses = await statusesOver(createServer(app), ['/apps', ...CHANGED])
    for (const status of statuses) expect([403, 404]).toContain(status)
  })

  it.each([
    ['/oauth', '/token', '/authorize?x=1', '/oauth/token'],
    ['/a', '/oauth/token', '/oauth/authorize?x=1', '/a/oauth/token'],
  ])(
    'strippedPrefix %s serves %s, and signIn sees the path of the browser (HTTP-9)',
    async (prefix, token, authorize, whole) => {
      const issuer = ORIGIN + (prefix === '/a' ? '/a/oauth' : '/oauth')
      const asked: string[] = []
      const { handler, appgrant, statusOf } = handlerFor(issuer, {
        strippedPrefix: prefix,
        async signIn(request) {
          asked.push(new URL(request.url).pathname + new URL(request.url).search)
          return { account: 'org-1' }
        },
      })
      const { app } = await appgrant.apps.register({
        owner: 'org-1',
        name: 'A',
        homepage: 'https://a.example/',
        adminEmail: 'a@a.example',
        redirectUrls: ['https://a.example/cb'],
      })
      expect(await statusOf(token, { method: 'POST' })).toBe(415)
      expect(await statusOf(whole, { method: 'POST' })).toBe(404)
      const query = `${authorize}&client_id=${app.key}&redirect_uri=https%3A%2F%2Fa.example%2Fcb`
      expect((await handler(new Request(ORIGIN + query))).status).toBe(303)
      expect(asked).toEqual([prefix + query])
      const form = new URLSearchParams({ client_id: app.key, token: 'x' })
      expect(await statusOf(token.replace('token', 'revoke'), { method: 'POST', body: form })).toBe(401)
      const { pathname } = new URL(issuer)
      const place = await handler(new Request(`${ORIGIN}${METADATA}${pathname}`))
      expect((await jsonOf(place)).issuer).toBe(issuer)
    },
  )

  it.each(['oauth', '/oauth/', '/OAUTH', '/oa', '/oauth/x', '', 5, null])(
    'strippedPrefix %j is refused by name',
    (prefix) => {
      expect(() => handlerFor(`${ORIGIN}/oauth`, { strippedPrefix: prefix as string })).toThrow(
        /^createHandler: strippedPrefix: expected the path of the issuer/,
      )
    },
  )

  it('the metadata is at both places where clients look, and never as openid-configuration (HTTP-11)', async () => {
    const { handler, statusOf } = handlerFor(`${ORIGIN}/a/b`)
    const bodies = []
    for (const path of [`${METADATA}/a/b`, `/a/b${METADATA}`]) {
      const response = await handler(new Request(ORIGIN + path))
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
      bodies.push(await response.text())
    }
    expect(bodies[0]).toBe(bodies[1])
    for (const path of [
      METADATA,
      '/.well-known/openid-configuration/a/b',
      '/a/b/.well-known/openid-configuration',
      `/a${METADATA}`,
    ])
      expect(await statusOf(path)).toBe(404)
    expect(await handlerFor(ORIGIN).statusOf(METADATA)).toBe(200)
  })

  it('a handler without signIn says so once if a client uses an endpoint that needs users, and not otherwise', async () => {
    const appgrant = createAppGrant({
      store: memoryStore(),
      issuer: ORIGIN,
      keyRing: [new Uint8Array(32)],
      deviceGrant: { apps: () => true },
      pushedRequests: 'accepted',
    })
    const unsigned = createHandler(appgrant)
    const [warning, ...more] = await warningsDuring(async () => {
      for (const path of ['/token', '/nowhere', '/par', '/device_authorization', '/par'])
        await unsigned(new Request(ORIGIN + path, { method: 'POST' }))
    })
    expect([warning?.code, more]).toEqual(['APPGRANT_MOUNT', []])
    expect(warning?.message).toContain('a request for /par is a 404, because there is no option signIn')
    const signed = createHandler(appgrant, { signIn: async () => ({ account: 'x' }) })
    const none = await warningsDuring(async () => {
      for (const path of ['/par', '/nowhere']) await signed(new Request(ORIGIN + path, { method: 'POST' }))
    })
    expect(none).toEqual([])
  })

  it('a handler at the wrong path says so once, with the path that was expected, and not once it has been found', async () => {
    const wrong = handlerFor(`${ORIGIN}/oauth`)
    const [warning, ...more] = await warningsDuring(async () => {
      for (const path of ['/nowhere', '/favicon.ico', '/api/oauth/token', '/token', '/authorize'])
        expect(await wrong.statusOf(path)).toBe(404)
    })
    expect([warning?.code, more]).toEqual(['APPGRANT_MOUNT', []])
    expect(warning?.message).toContain('a request for /api/oauth/token is a 404')
    expect(warning?.message).toContain('expected the path of https://login.example/oauth/token')
    const right = handlerFor(`${ORIGIN}/oauth`)
    const none = await warningsDuring(async () => {
      expect(await right.statusOf('/oauth/token')).toBe(405)
      expect(await right.statusOf('/token')).toBe(404)
    })
    expect(none).toEqual([])
  })
})
